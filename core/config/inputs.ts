/** Values that a program may know only while it runs: outputs and promises, where the schema allows them. */
import { isStandIn, standInFor } from "../format/standIn";
import { CONFIG_JSON_SCHEMA, type JsonSchema, type Path } from "../schema/jsonSchema";
import { pathText } from "./problems";

type Raw = Readonly<Record<string, unknown>>;

const placesIn = (schema: JsonSchema, path: Path): string[] => {
  if (schema.input === true) return [pathText(path)];
  const { items, properties = {}, additionalProperties: every } = schema;
  return [
    ...Object.entries(properties).flatMap(([key, inner]) => placesIn(inner, [...path, key])),
    ...(items === undefined ? [] : placesIn(items, [...path, 0])),
    ...(typeof every === "object" ? placesIn(every, [...path, "0"]) : []),
  ];
};

/** With 0 for the place in a list, and for a generation. */
const PLACES: ReadonlySet<string> = new Set(placesIn(CONFIG_JSON_SCHEMA, []));

/** Whether the value at this path may be late; `path` as in "nodes[2].address". */
export const mayBeLate = (path: string): boolean => PLACES.has(path.replace(/(?<=\["?)\d+(?="?\])/g, "0"));

/** An output of Pulumi, or a promise. */
export const isLate = (value: unknown): boolean =>
  typeof value === "object" && value !== null && ("apply" in value || "then" in value);

/** A copy in which every value that may be an output is replaced; `path` as in "nodes[0].address". */
const mapped = (
  value: unknown,
  schema: JsonSchema,
  path: Path,
  replace: (value: unknown, path: string) => unknown,
): unknown => {
  if (schema.input === true) return value === undefined ? value : replace(value, pathText(path));
  if (typeof value !== "object" || value === null || isLate(value)) return value;
  const { items, properties = {}, additionalProperties: every } = schema;
  if (Array.isArray(value))
    return items === undefined ? value : value.map((item, index) => mapped(item, items, [...path, index], replace));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const field = Object.hasOwn(properties, key) ? properties[key] : typeof every === "object" ? every : undefined;
      return [key, field === undefined ? inner : mapped(inner, field, [...path, key], replace)];
    }),
  );
};

const replaced = (raw: Raw, replace: (value: unknown, path: string) => unknown): Raw =>
  mapped(raw, CONFIG_JSON_SCHEMA, [], replace) as Raw;

export interface Split {
  /** With stand-ins for what is late. */
  readonly raw: Raw;
  /** By path. */
  readonly late: ReadonlyMap<string, unknown>;
}

/** Takes out what is late. */
export const splitInputs = (given: Raw): Split => {
  const late = new Map<string, unknown>();
  const raw = replaced(given, (value, path) => {
    if (!isLate(value)) return value;
    late.set(path, value);
    return standInFor(path);
  });
  return { raw, late };
};

/** Puts those in that are known by now. */
export const filledIn = (raw: Raw, known: ReadonlyMap<string, unknown>): Raw =>
  replaced(raw, (value, path) => (known.has(path) ? known.get(path) : value));

/** Texts that look like a stand-in (core/format/standIn.ts) but were given. */
export const strayStandIns = (raw: Raw, awaited: ReadonlySet<string>): string[] => {
  const stray: string[] = [];
  replaced(raw, (value, path) => {
    if (typeof value === "string" && isStandIn(value) && !awaited.has(path))
      stray.push(`${path}: ${JSON.stringify(value)}; must be another value; this form is reserved`);
    return value;
  });
  return stray;
};

/** Outputs where none is allowed. */
export const misplaced = (value: unknown, path: Path = []): { readonly path: Path; readonly problem: string }[] => {
  if (typeof value !== "object" || value === null) return [];
  if (isLate(value))
    return [
      {
        path,
        problem: `${pathText(path)}: an output; must be a plain value, because it decides which resources there are`,
      },
    ];
  return Object.entries(value).flatMap(([key, inner]) =>
    misplaced(inner, [...path, Array.isArray(value) ? Number(key) : key]),
  );
};
