/** Moments as people and Pulumi write them. */

const DAY = "\\d{4}-\\d\\d-\\d\\d";
const TIME = "(?:[01]\\d|2[0-3]):[0-5]\\d(?::[0-5]\\d(?:\\.\\d+)?)?";

/** With its zone: of which a time without one is, nobody can know. */
const ISO = new RegExp(`^(${DAY})T${TIME}(?:Z|[+-]\\d\\d:\\d\\d)$`);

/** As Go prints one, which is how Pulumi hands over a YAML timestamp: `2026-12-31 00:00:00 +0000 UTC`, `.. +0100 CET`. */
const GO = new RegExp(`^(${DAY}) (${TIME}) ([+-]\\d\\d)(\\d\\d) (?:[A-Z]+|[+-]\\d{2,4})$`);

/** As it is written, for editors. */
export const MOMENT = new RegExp(
  `^${DAY}(?:[T ]\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?(?:Z|[+-]\\d\\d:\\d\\d| [+-]\\d{4} \\S+))?$`,
);

/** Whether the calendar has it: `new Date` makes March of February 30. */
const isDay = (day: string): boolean => {
  const at = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(day);
};

/** A day alone is its first moment in UTC, as YAML has it. Undefined where the text is none. */
export const readMoment = (given: string): Date | undefined => {
  const iso = given.replace(GO, "$1T$2$3:$4").replace(new RegExp(`^${DAY}$`), "$&T00:00:00Z");
  const [, day] = ISO.exec(iso) ?? [];
  return day === undefined || !isDay(day) ? undefined : new Date(iso);
};
