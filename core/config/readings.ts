/** What people write for a length of time, a moment, a share or a name, in the way that a stack file has it. */
import { domainToASCII } from "node:url";

const HOUR_OF_DAY = 24;

/** In hours; `m` alone may be minutes. */
const UNITS: readonly (readonly [unit: RegExp, hours: number])[] = [
  [/^h(?:(?:ou)?rs?)?$/i, 1],
  [/^d(?:ays?)?$/i, HOUR_OF_DAY],
  [/^w(?:(?:ee)?ks?)?$/i, 7 * HOUR_OF_DAY],
  [/^mo(?:nths?)?$/i, 730],
  [/^y(?:(?:ea)?rs?)?$/i, 365 * HOUR_OF_DAY],
];

const EVERY: ReadonlyMap<string, string> = new Map([
  ["hourly", "1h"],
  ["daily", "1d"],
  ["weekly", "7d"],
  ["monthly", "30d"],
  ["yearly", "365d"],
  ["annually", "365d"],
]);

/** `1y`, `12 months`, `P1Y`, `PT8760H`, `2 weeks`, `1.5d`, `@monthly`. */
export const inDuration = (text: string): string | undefined => {
  const [, count = "", unit = ""] = /^(?:pt?)?(\d{1,6}(?:\.\d{1,2})?)\s*([a-z]+)$/i.exec(text) ?? [];
  const [, size] = UNITS.find(([pattern]) => pattern.test(unit)) ?? [];
  if (size === undefined) return EVERY.get(text.toLowerCase().replace(/^@/, ""));
  const hours = Math.round(Number(count) * size);
  const isWhole = size >= HOUR_OF_DAY && Number.isInteger(Number(count));
  return isWhole || hours % HOUR_OF_DAY === 0 ? `${String(Math.round(hours / HOUR_OF_DAY))}d` : `${String(hours)}h`;
};

/** Whether it is of a length that the calendar decides. */
export const isByCalendar = (text: string): boolean => /mo|year|yr|annual|\d\s*y/i.test(text);

/** `1/3`, `0.33`, `33.3 %`; with a comma too, as half of Europe has it. */
export const inPercent = (text: string): string | undefined => {
  const [, part, whole] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
  const [, hundredths] = /^(\d{1,2}[.,]\d+)\s*%$/.exec(text) ?? [];
  const share =
    part !== undefined
      ? Number(part) / Number(whole)
      : hundredths !== undefined
        ? Number(hundredths.replace(",", ".")) / 100
        : /^0?[.,]\d+$/.test(text)
          ? Number(text.replace(",", "."))
          : undefined;
  return share === undefined ? undefined : `${String(Math.round(100 * share))}%`;
};

/** `22`, `6:00`, `22:00:00`, `10pm`, `24:00`. */
export const inTimeOfDay = (text: string): string | undefined => {
  const [, hour, minute = "00", half = ""] = /^(\d{1,2})(?::(\d\d))?(?::\d\d)?\s*([ap]m)?$/i.exec(text) ?? [];
  if (hour === undefined || Number(hour) > (half === "" ? HOUR_OF_DAY : HOUR_OF_DAY / 2)) return undefined;
  const isAfternoon = half.toLowerCase() === "pm";
  const given = half === "" ? Number(hour) : (Number(hour) % 12) + (isAfternoon ? 12 : 0);
  return `${String(given % HOUR_OF_DAY).padStart(2, "0")}:${minute}`;
};

/** Milliseconds of what is a date as a number of seconds is not before this: 2001. */
const FIRST_MS = 1e12;

/** A time without its zone, a day as in Europe or in a file's name, seconds since 1970. */
export const inMoment = (text: string): string | undefined => {
  const [, day, time, seconds = ":00"] = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d)(:\d\d)?$/.exec(text) ?? [];
  if (day !== undefined) return `${day}T${time ?? ""}${seconds}Z`;
  const [, d, m, y] = /^(\d{1,2})\.(\d{1,2})\.(\d{4})$/.exec(text) ?? [];
  if (d !== undefined) return `${y ?? ""}-${(m ?? "").padStart(2, "0")}-${d.padStart(2, "0")}T00:00:00Z`;
  const [, year, month, last] = /^(\d{4})[/.]?(\d\d)[/.]?(\d\d)$/.exec(text) ?? [];
  if (year !== undefined) return `${year}-${month ?? ""}-${last ?? ""}T00:00:00Z`;
  if (!/^\d{10,13}$/.test(text)) return undefined;
  const at = new Date(Number(text) * (Number(text) < FIRST_MS ? 1000 : 1));
  return at.toISOString().replace(/\.\d+Z$/, "Z");
};

/** An octal mode that YAML has read as a number, or that lacks its 0. */
export const inMode = (given: unknown): readonly string[] => {
  const digits = typeof given === "number" ? String(given) : typeof given === "string" ? given : "";
  const octal = typeof given === "number" && Number.isInteger(given) ? [given.toString(8)] : [];
  return [...octal, digits.replace(/^0?o/i, "")]
    .filter((each) => /^[0-7]{3,4}$/.test(each))
    .map((each) => each.padStart(4, "0"));
};

/** `user@host:port`, of which only the host has to be there. */
export const inLogin = (text: string): object | undefined => {
  const [, user, host, port] = /^(?:([^\s@:]+)@)?([^\s@:[\]]+|\[[^\s\]]+\])(?::(\d{1,5}))?$/.exec(text) ?? [];
  return user === undefined && port === undefined
    ? undefined
    : {
        host: host?.replace(/^\[|\]$/g, ""),
        ...(user === undefined ? {} : { user }),
        ...(port === undefined ? {} : { port: Number(port) }),
      };
};

/** Without its port. */
export const withoutPort = (text: string): string =>
  text.replace(/^([^\s:[\]]+):\d+$/, "$1").replace(/^\[([^\s[\]]+)\]:\d+$/, "$1");

/** The time zones of a city, as people call it. */
export const zonesOf = (city: string): readonly string[] => {
  const plain = city.trim().toLowerCase().replaceAll(" ", "_");
  return Intl.supportedValuesOf("timeZone").filter((zone) => zone.toLowerCase().endsWith(`/${plain}`));
};

/** A text with one slip less, each tried by itself. */
export const CORRECTIONS: readonly ((text: string) => string)[] = [
  (text) => text.trim(),
  (text) => text.toLowerCase(),
  (text) => text.replaceAll("_", "-"),
  (text) => text.toLowerCase().replaceAll("_", "-"),
  (text) => (/^\d/.test(text) ? text.replace(/\s+/g, "") : text),
  (text) => text.replace(/^(\w+:\/\/)(.*?)(?:\/.*)?$/, "$2"),
  (text) => text.replace(/^\w+:\/\/([^/]+).*$/, "https://$1"),
  (text) => (/^[A-Za-z0-9.-]+(?::\d+)?$/.test(text) ? `https://${text}` : text),
  (text) => text.replace(/^\/*(?:v1\/)?(?:auth\/)?(.*?)\/?(?:\/login)?$/, "$1"),
  (text) => text.replace(/[/.]+$/, ""),
  (text) => text.replace(/^\.+/, ""),
  (text) => text.replace(/^\/+|\/+$/g, ""),
  (text) => text.replace(/\/\d+$/, ""),
  (text) => text.replace(/^([^/]*[.:][^/]*)\/.*$/, "$1"),
  (text) => text.replace(/^[^@\s]+@/, ""),
  (text) => text.replace(/^\[([^\]]+)\]/, "$1"),
  (text) => text.replace(/:0+([1-9]\d*)$/, ":$1"),
  (text) => text.replace(/(^|\.)0+(?=\d)/g, "$1"),
  (text) => text.replace(/^(?:DNS|IP(?: Address)?):\s*/i, ""),
  (text) => text.replace(/^(v?\d[^+-]*)[+-].*$/, "$1"),
  (text) => text.replace(/\.\d+$/, ""),
  (text) => (/[^\0-\x7f]/.test(text) && /^[\p{L}\p{M}\p{N}.*-]+$/u.test(text) ? domainToASCII(text) : text),
];
