/** What was meant by a value that its field does not take: the first that the field would take. */
import { domainToASCII } from "node:url";
import { nearest } from "../format/spelling";
import type { JsonSchema, Path } from "../schema/jsonSchema";
import { accepts } from "./accepts";
import { valueMeantBy } from "./synonyms";

interface Meant {
  /** None where it is of no use. */
  readonly values: (given: unknown, field: JsonSchema, path: Path) => readonly unknown[];
  readonly say?: (shown: string, given: unknown) => string;
}

/** As YAML, on one line. */
const shownAs = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(shownAs).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${shownAs(inner)}`)
    .join(", ")} }`;
};

const ofText =
  (read: (text: string) => unknown): Meant["values"] =>
  (given) => {
    const value = typeof given === "string" ? read(given) : undefined;
    return value === undefined || value === given ? [] : [value];
  };

/** What a field takes, whichever of its forms. */
const forms = (field: JsonSchema): readonly JsonSchema[] => [field, ...(field.anyOf ?? []).flatMap(forms)];

const choices = (field: JsonSchema): readonly string[] =>
  forms(field)
    .flatMap(({ enum: values, const: only }) => values ?? (only === undefined ? [] : [only]))
    .filter((value) => typeof value === "string");

/** `m` alone may be minutes. */
const UNITS: readonly (readonly [unit: RegExp, days: number])[] = [
  [/^d(?:ays?)?$/i, 1],
  [/^w(?:(?:ee)?ks?)?$/i, 7],
  [/^mo(?:nths?)?$/i, 365 / 12],
  [/^y(?:(?:ea)?rs?)?$/i, 365],
];

/** `1y`, `12 months`, `P1Y`, `2 weeks`. */
const inDays = (text: string): string | undefined => {
  const [, count = "", unit = ""] = /^p?(\d{1,4})\s*([a-z]+)$/i.exec(text) ?? [];
  const [, days] = UNITS.find(([pattern]) => pattern.test(unit)) ?? [];
  return days === undefined ? undefined : `${String(Math.round(Number(count) * days))}d`;
};

/** `1/3`. */
const inPercent = (text: string): string | undefined => {
  const [, part, whole] = /^(\d{1,3})\/(\d{1,3})$/.exec(text) ?? [];
  return part === undefined ? undefined : `${String(Math.round((100 * Number(part)) / Number(whole)))}%`;
};

const json = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

const TEXTS: readonly ((text: string) => string)[] = [
  (text) => text.trim(),
  (text) => text.toLowerCase(),
  (text) => text.replaceAll("_", "-"),
  (text) => text.toLowerCase().replaceAll("_", "-"),
  (text) => (/^\d/.test(text) ? text.replace(/\s+/g, "") : text),
  (text) => text.replace(/^(\w+:\/\/)(.*?)(?:\/.*)?$/, "$2"),
  (text) => text.replace(/^\w+:\/\/([^/]+).*$/, "https://$1"),
  (text) => text.replace(/[/.]+$/, ""),
  (text) => text.replace(/^\/+|\/+$/g, ""),
  (text) => text.replace(/\/\d+$/, ""),
  (text) => text.replace(/[+-].*$/, ""),
  (text) => text.replace(/\.\d+$/, ""),
  (text) => (/[^\0-\x7f]/.test(text) ? domainToASCII(text) : text),
];

const ROWS: readonly Meant[] = [
  {
    values: ofText((text) => (/^-?\d+$/.test(text) ? Number(text) : undefined)),
    say: (shown) => `did you mean ${shown}, without quotes?`,
  },
  {
    values: ofText((text) =>
      /^(?:true|yes|on|y)$/i.test(text) ? true : /^(?:false|no|off|n)$/i.test(text) ? false : undefined,
    ),
  },
  {
    values: (given) => (typeof given === "number" || typeof given === "boolean" ? [String(given)] : []),
    say: (shown) => `did you mean ${shown}, in quotes?`,
  },
  {
    // what takes any name takes these too, and means no time
    values: (given, _, path) =>
      /^\d+$/.test(String(given)) && !accepts(path, "name") ? [`${String(given)}d`, `${String(given)}h`] : [],
  },
  { values: ofText(inPercent) },
  {
    values: ofText(inDays),
    say: (shown, given) =>
      /[my]/i.test(String(given).replace(/days?/i, ""))
        ? `years and months have no fixed length, did you mean ${shown}?`
        : `did you mean ${shown}?`,
  },
  {
    values: (given, field) => (typeof given === "string" ? [nearest(given, choices(field)), valueMeantBy(given)] : []),
  },
  ...TEXTS.map((read): Meant => ({ values: ofText(read) })),
  { values: ofText((text) => (text.includes(",") ? text.split(",").map((each) => each.trim()) : undefined)) },
  { values: ofText((text) => [text]) },
  {
    values: (given, field) =>
      typeof given === "object"
        ? []
        : forms(field).flatMap(({ properties = {}, required = [] }) =>
            [...required, ...Object.keys(properties)].map((key) => ({ [key]: given })),
          ),
  },
  { values: ofText(json), say: () => "it is JSON in a text, so write it as YAML, without quotes around it" },
];

const LONGEST = 100;

/** Of the first row with a value that the field takes: at most two such values. */
export const valueHint = (given: unknown, field: JsonSchema, path: Path): string | undefined => {
  for (const { values, say = (shown: string) => `did you mean ${shown}?` } of ROWS) {
    const taken = values(given, field, path).filter((value) => value !== undefined && accepts(path, value));
    const shown = taken.slice(0, field.properties === undefined ? 2 : 1).map(shownAs);
    if (shown.length > 0 && shown.join().length < LONGEST) return say(shown.join(" or "), given);
  }
  return undefined;
};
