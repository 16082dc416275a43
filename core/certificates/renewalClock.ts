/**
 * The renewal clock: when a leaf certificate is due. Pure; `now` is a value.
 *
 * Time is divided into equal periods, shifted per name so that a fleet's renewals spread. A leaf belongs to the period it
 * was issued in and is renewed in the next one. A period is validity - renewBefore long, so a leaf issued at any time in a
 * period still has more than renewBefore left while that period lasts: that is the promise after every `up`.
 */
import { createHash } from "node:crypto";

/** Where period 0 begins. Never change it: every leaf of every cluster would be due at once. */
export const ANCHOR = Date.UTC(2024, 0, 1) / 1000;

export interface Renewal {
  /** Counts periods since the anchor; a new value means a new certificate. */
  readonly epoch: number;
  /** When this period began: a leaf issued before is due. */
  readonly dueSince: Date;
  /** When the leaf of this period is due: when the next one begins, unless it was asked for before. */
  readonly next: Date;
  /** Since when in this period another one is asked for; that one is renewed in the next period like any other. */
  readonly askedFor?: Date;
}

/** A stable number in [0, period): the same for a name for ever, evenly spread over names. */
export const offsetSeconds = (name: string, periodSeconds: number): number =>
  Number(createHash("sha256").update(name).digest().readBigUInt64BE() % BigInt(periodSeconds));

/**
 * The renewal period `now` lies in.
 *
 * @param name what renews together, for example `prod/cp1`
 * @param periodSeconds time from one issue to the next, in whole seconds
 */
export const renewalAt = (now: Date, name: string, periodSeconds: number): Renewal => {
  const start = ANCHOR - offsetSeconds(name, periodSeconds);
  const epoch = Math.floor((now.getTime() / 1000 - start) / periodSeconds);
  const at = (index: number) => new Date((start + index * periodSeconds) * 1000);
  return { epoch, dueSince: at(epoch), next: at(epoch + 1) };
};

/**
 * With a renewal at a time of its own beside those of the clock. One before this period has been overtaken by the clock's; one
 * after it comes too late.
 */
export const renewedAt = (renewal: Renewal, at: Date | undefined, now: Date): Renewal => {
  if (at === undefined || at <= renewal.dueSince || at >= renewal.next) return renewal;
  return at <= now ? { ...renewal, askedFor: at } : { ...renewal, next: at };
};
