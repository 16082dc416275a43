/** What a stack reports about its CAs, and when one has to be replaced. */
import { X509Certificate } from "node:crypto";
import { issuerOf, ownTrustedOf, stateOf } from "../authorities/rotation";
import { leafNames, profileRow } from "../certificates/inventory";
import { leafPolicy } from "../certificates/leafPolicy";
import { momentText, nameText, plainSerial } from "../format/x509";
import type { AuthorityName } from "../model/authorities";
import type { Phase } from "../model/phases";
import type { Config } from "../schema/config";

/** One row of the stack output `authorities`: a CA of the stack that nodes trust. */
export interface AuthorityRow {
  readonly authority: AuthorityName;
  readonly generation: number;
  /** Which the rotation to the newest generation has reached; `done` at rest. */
  readonly phase: Phase;
  /** ISO 8601: when the next phase is allowed, by rotation.soak; absent without it, and at rest. */
  readonly nextPhaseFrom?: string | undefined;
  /** Whether it signs; else it is only trusted. */
  readonly signs: boolean;
  readonly subject: string;
  /** Hex without separators. */
  readonly serial: string;
  /** ISO 8601. */
  readonly notBefore: string;
  /** ISO 8601. */
  readonly notAfter: string;
  /** ISO 8601: after this time the longest leaf certificate would outlive it, so `up` refuses to renew. */
  readonly rotateBefore: string;
}

/** Generations of an authority that are the stack's and trusted, the newest first. */
export const listedGenerations = (config: Config, authority: AuthorityName): readonly number[] =>
  [...ownTrustedOf(stateOf(config, authority))].reverse();

const longestLeaf = (config: Config, authority: AuthorityName): number =>
  Math.max(
    0,
    ...leafNames(config)
      .filter((leaf) => profileRow(leaf, config).authority === authority)
      .map((leaf) => leafPolicy(config, leaf))
      .filter(({ enabled }) => enabled)
      .map(({ validitySeconds }) => validitySeconds),
  );

/** @param trustPem what is trusted of that generation: the CA first, then what it has signed for the controller manager */
export const authorityRow = (
  config: Config,
  authority: AuthorityName,
  generation: number,
  trustPem: string,
): AuthorityRow => {
  const { subject, serialNumber, validFrom, validTo } = new X509Certificate(trustPem);
  const state = stateOf(config, authority);
  const notAfter = new Date(validTo);
  return {
    authority,
    generation,
    phase: state.phase,
    signs: issuerOf(state) === generation,
    subject: nameText(subject),
    serial: plainSerial(serialNumber),
    notBefore: new Date(validFrom).toISOString(),
    notAfter: notAfter.toISOString(),
    rotateBefore: new Date(notAfter.getTime() - longestLeaf(config, authority) * 1000).toISOString(),
  };
};

const DAY = 86_400;
const MONTH = 30 * DAY;
const YEAR = 365 * DAY;
/** Of a CA's life: one that lives for weeks is not to be warned of from its first day on. */
const PART_OF_LIFE = 0.1;

const secondsBetween = (from: string | Date, to: string | Date): number =>
  (new Date(to).getTime() - new Date(from).getTime()) / 1000;

/** Whether it signs and has to be replaced within so many seconds after `now`. */
export const isToRotateWithin = (row: AuthorityRow, now: Date, seconds: number): boolean =>
  row.signs && secondsBetween(now, row.rotateBefore) <= seconds;

/** What is the matter with a CA that has to be replaced, and what to do. */
export const rotationDueText = (row: AuthorityRow, now: Date): string => {
  const ca = `${row.authority}: the CA ${row.subject}`;
  const ends = momentText(new Date(row.notAfter));
  const todo = `set rotation.generation to ${String(row.generation + 1)}`;
  if (secondsBetween(now, row.notAfter) <= 0) return `${ca} expired ${ends}; ${todo}`;
  const left = secondsBetween(now, row.rotateBefore);
  if (left <= 0) return `${ca} expires ${ends}, and certificates of their full validity would outlive it; ${todo} now`;
  const until = `certificates of their full validity can be issued for ${String(Math.floor(left / DAY))} more days`;
  return `${ca} expires ${ends}, and ${until}; ${todo} ${left <= MONTH ? "this month" : "this year"}`;
};

/** The same a year, and more urgently a month, before it is too late; undefined: nothing to do yet. */
export const endingCa = (row: AuthorityRow, now: Date): string | undefined =>
  isToRotateWithin(row, now, Math.min(YEAR, PART_OF_LIFE * secondsBetween(row.notBefore, row.notAfter)))
    ? rotationDueText(row, now)
    : undefined;
