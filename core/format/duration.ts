const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

const SHAPE = /^(?:(\d{1,6})d)?(?:(\d{1,7})h)?(?:(\d{1,9})m)?(?:(\d{1,10})s)?$/;

/** As it is written, for editors. */
export const DURATION = /^(?=.)(?:\d{1,6}d)?(?:\d{1,7}h)?(?:\d{1,9}m)?(?:\d{1,10}s)?$/;

// X.509 dates end with the year 9999; a hundred years is beyond any use and far inside that.
const LONGEST_SECONDS = 36_500 * 86_400;

/** What a duration may look like, for messages. */
export const DURATION_ALLOWED =
  'a duration above 0 and up to 36500d in days, hours, minutes and seconds, such as "30d", "720h" or "1d12h"';

/**
 * Reads "30d", "720h" or "1d12h" as whole seconds.
 * Strict on purpose: no fractions, signs, spaces, years or months (their length is not one number).
 * Returns undefined when the text is not such a duration.
 */
export function parseDuration(text: string): number | undefined {
  const match = SHAPE.exec(text);
  if (match === null) return undefined;
  const seconds = UNITS.reduce((sum, [, size], index) => sum + Number(match[index + 1] ?? 0) * size, 0);
  return seconds > 0 && seconds <= LONGEST_SECONDS ? seconds : undefined;
}

/** A share of another length of time. */
export type Percent = `${number}%`;

/** A length of time, in seconds, or a share of another one. */
export type Span = number | Percent;

/** Reads "33%", from 1% to 99%. */
export const PERCENT = /^[1-9]\d?%$/;
export const parsePercent = (text: string): Percent | undefined => (PERCENT.test(text) ? (text as Percent) : undefined);

/** Whole seconds; of a share those of `whole`. */
export const secondsOf = (span: Span, whole: number): number =>
  typeof span === "number" ? span : Math.floor((whole * parseInt(span, 10)) / 100);

export const spanText = (span: Span): string => (typeof span === "number" ? formatDuration(span) : span);

/** Writes whole seconds the way `parseDuration` reads them, largest unit first: 21024000 is "243d8h". */
export function formatDuration(seconds: number): string {
  let left = Math.trunc(seconds);
  if (!(left > 0)) return "0s";
  let text = "";
  for (const [unit, size] of UNITS) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) text += `${String(count)}${unit}`;
  }
  return text;
}
