/** Turns the problems of a configuration into messages: `<field>: <given>; must be <what>; <what to do>`. */
import type { z } from "zod";
import { isEncodedPem } from "../format/pem";
import { mustBe } from "../format/problem";
import { isSecretPath, type Path } from "../schema/jsonSchema";

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

/** Of a field that takes one value or a list, only the problems inside the list that was given. */
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
  return mustBe(pathText(path), given === undefined ? "missing" : shown(given, path), allowed);
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
