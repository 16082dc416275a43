/** What was meant by a value that its field does not take: the first that the field would take. */
import { nearest } from "../format/spelling";
import type { JsonSchema, Path } from "../schema/jsonSchema";
import { accepts } from "./accepts";
import {
  CORRECTIONS,
  inDuration,
  inLogin,
  inMode,
  inMoment,
  inPercent,
  inTimeOfDay,
  isByCalendar,
  withoutPort,
  zonesOf,
} from "./readings";
import { shapeHint } from "./shapeHint";
import { valueMeantBy } from "./valueSynonyms";

interface Meant {
  /** None where it is of no use. */
  readonly values: (given: unknown, field: JsonSchema, path: Path) => readonly unknown[];
  readonly say?: (shown: string, given: unknown) => string;
  /** How many are shown. @default 2 */
  readonly most?: number;
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

/** Of numbers too, which YAML makes of much that is meant as a text. */
const ofWord =
  (read: (text: string) => string | undefined): Meant["values"] =>
  (given) => {
    const value = typeof given === "string" || typeof given === "number" ? read(String(given)) : undefined;
    return value === undefined || value === given ? [] : [value];
  };

/** What a field takes, whichever of its forms. */
const forms = (field: JsonSchema): readonly JsonSchema[] => [field, ...(field.anyOf ?? []).flatMap(forms)];

const choices = (field: JsonSchema): readonly string[] =>
  forms(field)
    .flatMap(({ enum: values, const: only }) => values ?? (only === undefined ? [] : [only]))
    .filter((value) => typeof value === "string");

const propertiesOf = (field: JsonSchema): readonly (readonly [key: string, field: JsonSchema])[] =>
  forms(field).flatMap(({ properties = {}, required = [] }) => {
    const all = Object.entries(properties);
    return [...all.filter(([key]) => required.includes(key)), ...all.filter(([key]) => !required.includes(key))];
  });

const json = (text: string): unknown => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
};

/** At commas; at blanks too where each part is an address or a name with a dot. */
const parts = (text: string): readonly string[] | undefined => {
  if (/^\d+,\d+\D*$/.test(text)) return undefined; // a number
  const atCommas = text.split(",").map((each) => each.trim());
  if (atCommas.length > 1) return atCommas;
  const atBlanks = text.trim().split(/\s+/);
  return atBlanks.length > 1 && atBlanks.every((each) => /\w[.:]\w|::/.test(each)) ? atBlanks : undefined;
};

/** `Mon-Fri`: each of them. */
const range = (text: string, all: readonly string[]): readonly string[] => {
  const [first, last, ...more] = text.split(/\s*(?:-|–|\.\.)\s*/).map((word) => nearest(word, all));
  if (first === undefined || last === undefined || more.length > 0) return [];
  return all.slice(all.indexOf(first), all.indexOf(last) + 1);
};

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
  { values: inMode, say: (shown) => `did you mean ${shown}, in quotes?`, most: 1 },
  {
    // what takes any name takes these too, and means no time
    values: (given, _, path) =>
      /^\d+$/.test(String(given)) && !accepts(path, "name") ? [`${String(given)}d`, `${String(given)}h`] : [],
  },
  { values: ofWord(inPercent) },
  {
    values: ofText(inDuration),
    say: (shown, given) =>
      isByCalendar(String(given))
        ? `years and months have no fixed length, did you mean ${shown}?`
        : `did you mean ${shown}?`,
  },
  { values: ofWord(inTimeOfDay) },
  { values: ofWord(inMoment) },
  {
    values: (given, field, path) =>
      typeof given === "string" && typeof path.at(-1) === "number" ? range(given, choices(field)) : [],
    say: (shown) => `give each as an entry of its own: ${shown.replaceAll(" or ", ", ")}`,
    most: Infinity,
  },
  {
    values: (given, field) =>
      typeof given === "string"
        ? [
            ...[given, given.replace(/^.*\//, ""), given.replace(/[-+ ].*$/, "")].map((word) =>
              nearest(word, choices(field)),
            ),
            valueMeantBy(given),
          ]
        : typeof given === "number" || typeof given === "boolean"
          ? [valueMeantBy(String(given))]
          : [],
    most: 1,
  },
  { values: (given, _, path) => (typeof given === "string" && accepts(path, "UTC") ? zonesOf(given) : []) },
  {
    // the name of a flag in place of what has it
    values: (given, field) =>
      propertiesOf(field).flatMap(([key, { type }]) => (key === given && type === "boolean" ? [{ [key]: true }] : [])),
  },
  { values: ofText(inLogin) },
  {
    values: (given, _, path) =>
      typeof given === "string" && withoutPort(given) !== given && !accepts(path, "a.example:1")
        ? [withoutPort(given)]
        : [],
  },
  ...CORRECTIONS.map((read): Meant => ({ values: ofText(read) })),
  {
    // as Cluster API's controlPlaneEndpoint
    values: (given) =>
      typeof given === "object" && given !== null && "host" in given && "port" in given
        ? [`${String(given.host)}:${String(given.port)}`]
        : [],
  },
  { values: (given) => (Array.isArray(given) ? (given as readonly unknown[]) : []) },
  { values: ofText(parts) },
  {
    values: (given, _, path) => {
      const each = typeof given === "string" && typeof path.at(-1) === "number" ? (parts(given) ?? []) : [];
      return each.every((one) => accepts(path, one)) ? each : [];
    },
    say: (shown) => `give each as an entry of its own: ${shown.replaceAll(" or ", ", ")}`,
    most: Infinity,
  },
  { values: (given) => (typeof given === "string" && given.includes(",") ? (parts(given) ?? []) : []) },
  { values: ofText((text) => [text]) },
  { values: ofText((name) => [{ name }]) },
  {
    values: (given, field) =>
      typeof given === "object"
        ? []
        : propertiesOf(field).flatMap(([key]) =>
            typeof given === "boolean" && key !== "enabled" ? [] : [{ [key]: given }],
          ),
    most: 1,
  },
  { values: ofText(json), say: () => "it is JSON in a text, so write it as YAML, without quotes around it" },
];

const LONGEST = 100;

/** Of the first row with a value that the field takes: at most as many as it shows. */
export const valueHint = (given: unknown, field: JsonSchema, path: Path): string | undefined => {
  for (const { values, say = (shown: string) => `did you mean ${shown}?`, most = 2 } of ROWS) {
    const taken = values(given, field, path).filter((value) => value !== undefined && accepts(path, value));
    const shown = [...new Set(taken.slice(0, most).map(shownAs))];
    if (shown.length > 0 && shown.join().length < LONGEST) return say(shown.join(" or "), given);
  }
  return shapeHint(given, forms(field));
};
