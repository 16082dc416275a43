import { parseArgs } from "node:util";
import { DURATION_ALLOWED, parseDuration } from "../core/format/duration";
import { mustBe } from "../core/format/problem";
import { nearest } from "../core/format/spelling";
import { Failure } from "./failure";
import type { OptionTable } from "./usage/spec";

/** The stack, and where its project is: of every command that asks pulumi. */
export const STACK_OPTIONS = {
  stack: {
    type: "string",
    short: "s",
    value: "STACK",
    offers: "stacks",
    text: "the stack; the selected one by default",
  },
  cwd: { type: "string", short: "C", value: "DIR", offers: "folders", text: "folder of the Pulumi project" },
} as const satisfies OptionTable;

export const JSON_OPTION = {
  json: { type: "boolean", default: false, text: "print JSON" },
} as const satisfies OptionTable;

export const AS_OF_OPTION = {
  "as-of": { type: "string", value: "TIME", text: "look as of this time instead of now" },
} as const satisfies OptionTable;

/** A word that is none of a closed set; @param field as it stands on the command line */
export const unknownWord = (field: string, given: string, known: readonly string[]): Failure => {
  const guess = nearest(given, known);
  return new Failure(
    mustBe(
      field,
      JSON.stringify(given),
      `one of ${known.join(", ")}`,
      guess === undefined ? undefined : `did you mean \`${guess}\`?`,
    ),
  );
};

export const oneOf = <T extends string>(field: string, given: string, known: readonly T[]): T => {
  const found = known.find((each) => each === given);
  if (found === undefined) throw unknownWord(field, given, known);
  return found;
};

type Options = OptionTable;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: boolean }>
>;

/** `parseArgs` with its complaint as one sentence. */
const parsed = <const T extends Options>(args: readonly string[], options: T, allowPositionals: boolean): Parsed<T> => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    const sentence = (error instanceof Error ? error.message.split(". ")[0] : String(error)) ?? "unreadable options";
    const [, unknown] = /^Unknown option '--?([^']+)'$/.exec(sentence) ?? [];
    const guess = unknown === undefined ? undefined : nearest(unknown, [...Object.keys(options), "help"]);
    throw new Failure(`${sentence}; ${guess === undefined ? "see --help" : `did you mean \`--${guess}\`?`}`);
  }
};

export const parsedOptions = <const T extends Options>(args: readonly string[], options: T): Parsed<T>["values"] =>
  parsed(args, options, false).values;

/** For a command that takes hosts beside its options. */
export const parsedWithHosts = <const T extends Options>(
  args: readonly string[],
  options: T,
): { options: Parsed<T>["values"]; hosts: string[] } => {
  const { values, positionals } = parsed(args, options, true);
  return { options: values, hosts: positionals };
};

export function durationOption(name: string, text: string): number {
  if (text === "0") return 0;
  const seconds = parseDuration(text);
  if (seconds === undefined) throw new Failure(mustBe(`--${name}`, JSON.stringify(text), DURATION_ALLOWED));
  return seconds;
}

/** `--as-of`, or the present. */
export function momentOption(text: string | undefined): Date {
  const moment = text === undefined ? new Date() : new Date(text);
  if (!Number.isNaN(moment.getTime())) return moment;
  throw new Failure(mustBe("--as-of", JSON.stringify(text), 'a timestamp such as "2026-12-31T00:00:00Z"'));
}
