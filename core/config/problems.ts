/** Turns what is wrong with a configuration into sentences: `path: what was given; what is allowed`. */
import type { z } from "zod";
import { nearest } from "./nearest";

/** Everything that is wrong with a configuration, one sentence each. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? "1 problem" : `${String(problems.length)} problems`;
    super([`${count} in the configuration:`, ...problems].join("\n  "));
    this.problems = problems;
  }
}

export type Path = readonly PropertyKey[];

/** "nodes[2].ssh.port", with names that are no identifiers as `["kube-proxy"]`, as `pulumi config --path` writes them. */
export function pathText(path: Path): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${String(key)}]`;
    const name = String(key);
    if (!/^[A-Za-z_]\w*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === "" ? name : `${text}.${name}`;
  }, "");
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, key) => (typeof inner === "object" && inner !== null ? Reflect.get(inner, key) : undefined),
    value,
  );
}

/** How a given value is shown: short, on one line, and never a secret. */
function shown(value: unknown, path: Path): string {
  const last = path.at(-1);
  const secret = last === "key" || last === "privateKey";
  if (secret) return "not readable (not shown)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "nothing";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return `${JSON.stringify(value)} (a ${typeof value})`;
  // A private key may have been pasted into any field.
  if (value.includes("PRIVATE KEY")) return "a private key (not shown)";
  const line = JSON.stringify(value);
  return line.length > 72 ? `${line.slice(0, 68)}..."` : line;
}

/** Of a field that takes one thing or a list of others, only what is wrong inside the list that was given. */
export function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue[] {
  if (issue.code !== "invalid_union") return [issue];
  const inside = issue.errors.find((branch) => branch.every(({ path }) => path.length > 0));
  return inside?.map((inner) => ({ ...inner, path: [...issue.path, ...inner.path] })) ?? [issue];
}

/** One sentence for one issue of the schema. `raw` is the value of that section as given. */
export function issueText(issue: z.core.$ZodIssue, raw: unknown, section: string): string {
  const parent = valueAt(raw, issue.path.slice(0, -1));
  // A single value may stand for a list of one: then it is itself what is wrong, and it has no [0].
  const inner = typeof parent === "string" ? issue.path.slice(0, -1) : issue.path;
  const path = [section, ...inner];
  const given = valueAt(raw, inner);
  const allowed = issue.code === "invalid_type" && issue.expected === "object" ? "an object" : issue.message;
  return `${pathText(path)}: ${given === undefined ? "missing" : shown(given, path)}; allowed is ${allowed}`;
}

/** The parts of a JSON schema that say which keys there are. */
export interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  /** One of these. */
  readonly anyOf?: readonly JsonSchema[];
  /** Our own mark on a private key. */
  readonly secret?: boolean;
}

export interface UnknownKey {
  readonly path: Path;
  readonly problem: string;
}

/** Every key the schema does not know, with the nearest one it knows. Looks through everything, whatever else is wrong. */
export function unknownKeys(value: unknown, schema: JsonSchema, path: Path = []): UnknownKey[] {
  if (Array.isArray(value)) {
    const { items } = [schema, ...(schema.anyOf ?? [])].find((each) => each.items !== undefined) ?? schema;
    return items === undefined ? [] : value.flatMap((item, index) => unknownKeys(item, items, [...path, index]));
  }
  const { properties } = schema;
  if (properties === undefined || typeof value !== "object" || value === null) return [];
  const known = Object.keys(properties);
  return Object.entries(value).flatMap(([key, inner]) => {
    const next = properties[key];
    if (next !== undefined && known.includes(key)) return unknownKeys(inner, next, [...path, key]);
    const guess = nearest(key, known);
    const hint = guess === undefined ? `allowed are ${known.join(", ")}` : `did you mean \`${guess}\`?`;
    const where = path.length === 0 ? "" : `${pathText(path)}: `;
    return [{ path: [...path, key], problem: `${where}unknown key \`${key}\`; ${hint}` }];
  });
}

/** A copy without the values at these paths, so that one unknown key does not hide what else is wrong. */
export function without(value: unknown, paths: readonly Path[]): unknown {
  if (typeof value !== "object" || value === null) return value;
  const inner = (key: PropertyKey) => paths.filter(([first]) => first === key).map((path) => path.slice(1));
  if (Array.isArray(value)) return value.map((item: unknown, index) => without(item, inner(index)));
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !inner(key).some((rest) => rest.length === 0))
      .map(([key, item]) => [key, without(item, inner(key))]),
  );
}

/** One problem for each entry whose value an earlier entry has already. */
export const repeated = (values: readonly string[], sentence: (index: number, first: number) => string): string[] =>
  values.flatMap((value, index) => {
    const first = values.indexOf(value);
    return first === index ? [] : [sentence(index, first)];
  });

/** The sentence about two fields of which exactly one has to be given; nothing where it is. */
export const exactlyOne = (
  at: string,
  [one, other]: readonly [string, string],
  [hasOne, hasOther]: readonly [boolean, boolean],
): string[] => {
  if (hasOne !== hasOther) return [];
  return [`${at}: ${hasOne ? `both ${one} and` : `neither ${one} nor`} ${other}; allowed is exactly one of them`];
};
