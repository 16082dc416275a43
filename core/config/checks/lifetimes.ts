/** Checks that every certificate can be renewed in time, and that no leaf outlives its CA. */
import { INVENTORY } from "../../certificates/inventory";
import { defaultRenewEvery } from "../../certificates/leafPolicy";
import { formatDuration, secondsOf, spanText, type Span } from "../../format/duration";
import { mustBe } from "../../format/problem";
import { isStandIn } from "../../format/standIn";
import { momentText, parsedCertificate, subjectText } from "../../format/x509";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import { PROFILE_NAMES } from "../../model/profiles";
import type { Sections } from "../../schema/sections";
import { pathText } from "../problems";

type Certificates = Sections["certificates"];
interface GivenLifetime {
  readonly validity?: number | undefined;
  readonly renewBefore?: Span | undefined;
  readonly renewEvery?: number | undefined;
}

/** A number of seconds and the field it was read from. */
interface Sourced {
  readonly at: string;
  readonly seconds: number;
}

const HOUR = 3600;
const DAY = 24 * HOUR;

/** A certificate is renewed by a run, and nobody runs pulumi more often than this. */
const SHORTEST_PERIOD = HOUR;

/** What has to be left for a run to come and to fail once: a day, of short-lived certificates a twentieth. */
const leastLeft = (validity: number): number => Math.min(DAY, Math.ceil(validity / 20));

/** When a certificate of this validity is renewed, in the words of the field that says so. */
function renewalProblems(at: string, own: GivenLifetime, general: GivenLifetime, validity: Sourced): string[] {
  if (own.renewBefore !== undefined && own.renewEvery !== undefined) {
    return [mustBe(at, "both renewBefore and renewEvery", "one of the two")];
  }
  const isOwn = own.renewBefore !== undefined || own.renewEvery !== undefined;
  const { renewBefore, renewEvery } = isOwn ? own : general;
  const from = isOwn ? at : "certificates";
  const total = validity.seconds;
  const than = `${validity.at}, ${formatDuration(total)}`;
  const least = leastLeft(total);
  if (renewBefore !== undefined) {
    const left = secondsOf(renewBefore, total);
    const say = (what: string) => [mustBe(`${from}.renewBefore`, spanText(renewBefore), what)];
    if (left >= total) return say(`less than ${than}`);
    if (total - left < SHORTEST_PERIOD) return say(`at least ${formatDuration(SHORTEST_PERIOD)} less than ${than}`);
    return left < least ? say(`at least ${formatDuration(least)}, because a run has to come in that time`) : [];
  }
  if (renewEvery !== undefined) {
    const say = (what: string) => [mustBe(`${from}.renewEvery`, formatDuration(renewEvery), what)];
    if (renewEvery >= total) return say(`less than ${than}`);
    if (renewEvery < SHORTEST_PERIOD) return say(`at least ${formatDuration(SHORTEST_PERIOD)}`);
    return total - renewEvery < least
      ? say(`at least ${formatDuration(least)} less than ${than}, because a run has to come in that time`)
      : [];
  }
  return defaultRenewEvery(total) < SHORTEST_PERIOD
    ? [mustBe(validity.at, formatDuration(total), "at least 2h, because a run has to come before it ends")]
    : [];
}

/** How old a certificate becomes before it is renewed. */
const periodOf = (own: GivenLifetime, general: GivenLifetime, validity: number): number => {
  const isOwn = own.renewBefore !== undefined || own.renewEvery !== undefined;
  const { renewBefore, renewEvery } = isOwn ? own : general;
  if (renewEvery !== undefined) return renewEvery;
  return renewBefore === undefined ? defaultRenewEvery(validity) : validity - secondsOf(renewBefore, validity);
};

/** Validity of generated CAs, and the existing CAs that sign. */
type Authorities = Pick<Sections["authority"], "validity" | AuthorityName> & {
  /** By rotation.rotateEvery, which is checked against the validity of leaves itself. */
  readonly rotatesByClock: boolean;
};

interface Limit extends Sourced {
  readonly what: string;
  /** A CA that the stack generates, and that stays until someone rotates it: its leaves are renewed under it at least once. */
  readonly isRenewedUnder: boolean;
}

/** How long a CA is still valid: an existing one by its certificate, else the validity of a generated one. */
function limitOf(authority: Authorities, name: AuthorityName, now: Date): Limit {
  const pem = authority[name]?.certificate;
  const certificate = pem === undefined ? undefined : parsedCertificate(pem);
  if (certificate === undefined) {
    const seconds = authority.validity;
    return {
      at: "authority.validity",
      seconds,
      what: `authority.validity, ${formatDuration(seconds)}`,
      isRenewedUnder: !authority.rotatesByClock,
    };
  }
  const ends = new Date(certificate.validTo);
  const seconds = Math.floor((ends.getTime() - now.getTime()) / 1000);
  const what =
    `what authority.${name} has left: ${subjectText(certificate)} expires ${momentText(ends)}, ` +
    `in ${formatDuration(seconds)}`;
  return { at: `authority.${name}`, seconds, what, isRenewedUnder: false };
}

/** `authority` is undefined when it has problems of its own. */
export function lifetimeProblems(
  certificates: Certificates,
  authority: Authorities | undefined,
  now: Date,
  users: readonly { readonly validity?: number | undefined }[] = [],
): string[] {
  const generalValidity = { at: "certificates.validity", seconds: certificates.validity };
  const problems = new Set(renewalProblems("certificates", certificates, {}, generalValidity));
  const isAwaited = (name: AuthorityName): boolean => isStandIn(authority?.[name]?.certificate ?? "");
  const limits =
    authority === undefined
      ? []
      : AUTHORITIES.filter((name) => !isAwaited(name)).map((name) => ({ name, ...limitOf(authority, name, now) }));
  const check = (at: string, { validity: given, ...own }: GivenLifetime, name: AuthorityName): void => {
    const validity = given === undefined ? generalValidity : { at: `${at}.validity`, seconds: given };
    renewalProblems(at, own, certificates, validity).forEach((problem) => problems.add(problem));
    const limit = limits.find((each) => each.name === name);
    // An expired CA is a problem of its own.
    if (limit === undefined || limit.seconds <= 0) return;
    const period = periodOf(own, certificates, validity.seconds);
    if (validity.seconds > limit.seconds)
      problems.add(mustBe(validity.at, formatDuration(validity.seconds), `no longer than ${limit.what}`));
    else if (limit.isRenewedUnder && validity.seconds + period > limit.seconds)
      problems.add(
        mustBe(
          validity.at,
          formatDuration(validity.seconds),
          `no longer than ${limit.what}, less ${formatDuration(period)}, when it is renewed`,
          "a leaf may not outlive its CA, so none could be renewed, and none issued for another node",
        ),
      );
  };
  for (const name of PROFILE_NAMES) {
    const own = certificates.profiles[name];
    if (own?.enabled !== false)
      check(pathText(["certificates", "profiles", name]), own ?? {}, INVENTORY[name].authority);
  }
  for (const [name, own] of Object.entries(certificates.own))
    check(pathText(["certificates", "own", name]), own, own.authority);
  users.forEach(({ validity }, index) => {
    check(pathText(["users", index]), { validity }, "kubernetes");
  });
  return [...problems];
}
