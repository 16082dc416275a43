import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { inDuration, inMoment } from "../core/config/readings";
import { DURATION_ALLOWED, parseDuration } from "../core/format/duration";
import { readMoment } from "../core/format/moment";
import { mustBe } from "../core/format/problem";
import { nearest } from "../core/format/spelling";
import { Failure } from "./failure";
import { placeholder, type OptionTable } from "./usage/spec";

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

/** What is said of a word where only options are taken. */
export const strayArgument = (given: string, options: OptionTable): string =>
  mustBe(
    `argument ${JSON.stringify(given)}`,
    "given",
    "left out, since this command takes options alone",
    "stack" in options ? `did you mean \`--stack ${given}\`?` : undefined,
  );

/** What `parseArgs` complains of, and what is said of it; the parts of its message that are in brackets are handed on. */
const COMPLAINTS: readonly (readonly [RegExp, (given: string, options: Options) => string])[] = [
  [
    /^Unknown option '(--?[^']+)'/,
    (given, options) => {
      const guess = nearest(given.replace(/^-+/, ""), [...Object.keys(options), "help"]);
      return `${given}: no option of this command; ${guess === undefined ? "see --help" : `did you mean \`--${guess}\`?`}`;
    },
  ],
  [/^Unexpected argument '([^']*)'/, (given, options) => strayArgument(given, options)],
  [
    /^Option '(?:-\w, )?--(\S+?)(?: <value>)?' argument (?:missing|is ambiguous)/,
    (name, options) => mustBe(`--${name}`, "without a value", `given with one: --${name} ${valueOf(name, options)}`),
  ],
  [
    /^Option '(?:-\w, )?--(\S+?)' does not take an argument/,
    (name) => mustBe(`--${name}`, "with a value", "given without one"),
  ],
];

const valueOf = (name: string, options: Options): string => {
  const option = options[name];
  return (option && placeholder(option)) ?? "VALUE";
};

const complaint = (message: string, options: Options): string => {
  for (const [pattern, say] of COMPLAINTS) {
    const [, given] = pattern.exec(message) ?? [];
    if (given !== undefined) return say(given, options);
  }
  return `${message.split("\n")[0] ?? ""}; see --help`;
};

/** A value that is empty is none: a variable in a script that is not set would choose whatever is the default. */
export const nonEmpty = (values: Readonly<Record<string, unknown>>, options: Options): void => {
  const name = Object.keys(values).find((each) => [values[each]].flat().includes(""));
  if (name !== undefined)
    throw new Failure(mustBe(`--${name}`, '""', `a value (${valueOf(name, options)})`, "or left out, for its default"));
};

/** `parseArgs` with its complaint as one sentence. */
const parsed = <const T extends Options>(args: readonly string[], options: T, allowPositionals: boolean): Parsed<T> => {
  let found: Parsed<T>;
  try {
    found = parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    throw new Failure(complaint(error instanceof Error ? error.message : String(error), options));
  }
  nonEmpty(found.values, options);
  return found;
};

/** The text of a file that an option names; @param file - is stdin */
export const textOfFile = (name: string, file: string): string => {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch {
    throw new Failure(mustBe(`--${name}`, JSON.stringify(file), "a file that is there, and that you may read"));
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
  if (seconds !== undefined) return seconds;
  const meant = /^\d+$/.test(text) ? `${text}d` : inDuration(text);
  throw new Failure(
    mustBe(
      `--${name}`,
      JSON.stringify(text),
      DURATION_ALLOWED,
      meant === undefined || parseDuration(meant) === undefined ? undefined : `did you mean ${meant}?`,
    ),
  );
}

/** `--as-of`, or the present. */
export function momentOption(text: string | undefined): Date {
  const moment = text === undefined ? new Date() : readMoment(text);
  if (moment !== undefined) return moment;
  const meant = inMoment(text ?? "");
  throw new Failure(
    mustBe(
      "--as-of",
      JSON.stringify(text),
      'a timestamp such as "2026-12-31T00:00:00Z", or a day',
      meant === undefined || readMoment(meant) === undefined ? undefined : `did you mean ${meant}?`,
    ),
  );
}
