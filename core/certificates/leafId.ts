/**
 * The id of a leaf: `<renewal period>-<digest of what it says>-g<generation of its authority>`, and `-r<unix seconds>` if it was
 * asked for in that period. It is the replacement trigger of the leaf's resources and names its key, so two of them tell why a
 * certificate is issued again.
 */
import { day } from "../format/day";
import { createHash } from "node:crypto";
import { momentText } from "../format/x509";
import type { Renewal } from "./renewalClock";

/** @param what all that the certificate says */
export const leafId = (
  { epoch, askedFor }: Pick<Renewal, "epoch" | "askedFor">,
  what: object,
  generation: number,
): string => {
  const digest = createHash("sha256").update(JSON.stringify(what)).digest("hex").slice(0, 8);
  const asked = askedFor === undefined ? "" : `-r${String(Math.floor(askedFor.getTime() / 1000))}`;
  return `${String(epoch)}-${digest}-g${String(generation)}${asked}`;
};

/** The parts of an id; none of a text that is no id. */
const partsOf = (id: unknown): { period?: string; digest?: string; generation?: string; asked?: string } =>
  typeof id === "string"
    ? { .../^(?<period>-?\d+)-(?<digest>\w+)(?:-g(?<generation>\d+))?(?:-r(?<asked>\d+))?$/.exec(id)?.groups }
    : {};

/** When the period after the old one began: an `up` may have been missed for longer than a period. */
const firstDue = ({ epoch, dueSince, next }: Renewal, oldPeriod: number): Date => {
  const missed = Number.isNaN(oldPeriod) ? 0 : Math.max(0, epoch - oldPeriod - 1);
  return new Date(dueSince.getTime() - missed * (next.getTime() - dueSince.getTime()));
};

const askedBecause = (seconds: string | undefined): string =>
  seconds === undefined
    ? "no longer asked for (certificates.renewAt)"
    : `asked for at ${momentText(new Date(Number(seconds) * 1000))} (certificates.renewAt)`;

/**
 * Why a leaf with the first id is replaced by one with the second, in words; none if they are the same.
 *
 * @param renewal of the second; undefined where the plan is not known
 */
export const dueBecause = (before: unknown, after: unknown, renewal: Renewal | undefined): string[] => {
  const [old, now] = [partsOf(before), partsOf(after)];
  const reasons: string[] = [];
  if (old.generation !== now.generation)
    reasons.push(`its authority changes (generation ${old.generation ?? "?"} -> ${now.generation ?? "?"})`);
  if (old.period !== now.period) {
    const since = renewal === undefined ? "" : ` since ${day(firstDue(renewal, Number(old.period)))}`;
    reasons.push(`due for renewal${since} (period ${old.period ?? "?"} -> ${now.period ?? "?"})`);
  } else if (old.asked !== now.asked) reasons.push(askedBecause(now.asked));
  if (old.digest !== now.digest) reasons.push("its subject, names, usages, algorithm or validity change");
  return reasons;
};
