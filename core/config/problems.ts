/** Turns the problems of a configuration into messages: `<field>: <given>; must be <what>; <what to do>`. */
import type { z } from "zod";
import { isEncodedPem } from "../format/pem";
import { mustBe } from "../format/problem";
import { isSecretPath, schemaAt, type JsonSchema, type Path } from "../schema/jsonSchema";
import { valueHint } from "./valueHint";

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

/** Characters; what is longer is no slip of the hand. */
const LONGEST_GUESSED = 100;

/** How a given value is shown: short, on one line, and never a secret. */
function shown(value: unknown, path: Path): string {
  if (isSecretPath(path)) return "not readable (not shown)";
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : "a list";
  if (value === null) return "nothing";
  if (typeof value === "object") return "an object";
  if (typeof value !== "string") return `${JSON.stringify(value)} (a ${typeof value})`;
  // A private key may have been pasted into any field.
  if (value.includes("PRIVATE KEY")) return "a private key (not shown)";
  if (isEncodedPem(value)) return "a text in base64 (not shown)";
  const line = JSON.stringify(value);
  return line.length > 72 ? `${line.slice(0, 68)}..."` : line;
}

/** What an object has to have is said by its keys. */
const objectText = ({ required = [] }: JsonSchema): string =>
  required.length === 0 ? "an object" : `an object with ${required.join(", ")}`;

/** What may be left out for its default. */
const isOptional = (path: Path): boolean => {
  const { properties, required = [] } = schemaAt(path.slice(0, -1)) ?? {};
  const key = String(path.at(-1));
  return properties !== undefined && Object.hasOwn(properties, key) && !required.includes(key);
};

/** A secret is neither shown nor guessed at. */
const hintFor = (given: unknown, field: JsonSchema, path: Path): string | undefined => {
  if (given === undefined || isSecretPath(path)) return undefined;
  const text = typeof given === "string" ? given : "";
  if (text.includes("PRIVATE KEY") || isEncodedPem(text) || text.length > LONGEST_GUESSED) return undefined;
  const mayBeEmpty = field.properties !== undefined && (field.required ?? []).length === 0;
  if ((given === "" || given === null) && mayBeEmpty) return "leave it out where it has no fields";
  if (given === null) return isOptional(path) ? "leave it out, or give a value" : undefined;
  return valueHint(given, field, path);
};

/** One sentence for one issue of the schema. `raw` is the value of that section as given. */
export function issueText(issue: z.core.$ZodIssue, raw: unknown, section: string): string {
  if (issue.code === "invalid_key") {
    // of an object whose keys are free
    const at = pathText([section, ...issue.path.slice(0, -1)]);
    return mustBe(at, `key ${JSON.stringify(issue.path.at(-1))}`, issue.issues[0]?.message ?? "another key");
  }
  const parent = valueAt(raw, issue.path.slice(0, -1));
  // A single value may stand for a list of one: then it is itself what is wrong, and it has no [0].
  const inner = typeof parent === "string" ? issue.path.slice(0, -1) : issue.path;
  const path = [section, ...inner];
  const given = valueAt(raw, inner);
  const field = schemaAt(path) ?? {};
  const allowed = issue.code === "invalid_type" && issue.expected === "object" ? objectText(field) : issue.message;
  const hint = allowed.includes("; ") ? undefined : hintFor(given, field, path);
  // said once
  const todo = allowed.includes("quotes") ? hint?.replace(/, (?:in|without) quotes/, "") : hint;
  return mustBe(pathText(path), given === undefined ? "missing" : shown(given, path), allowed, todo);
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
  return [mustBe(at, `${hasOne ? `both ${one} and` : `neither ${one} nor`} ${other}`, "exactly one of the two")];
};
