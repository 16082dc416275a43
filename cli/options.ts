import { parseArgs } from "node:util";
import type { ParseArgsConfig } from "node:util";
import { DURATION_ALLOWED, parseDuration } from "../core/format/duration";
import { mustBe } from "../core/format/problem";
import { Failure } from "./failure";

/** Options every command takes. */
export const COMMON = {
  stack: { type: "string", short: "s" },
  cwd: { type: "string", short: "C" },
  json: { type: "boolean", default: false },
  "as-of": { type: "string" },
} as const;

type Options = NonNullable<ParseArgsConfig["options"]>;
type Parsed<T extends Options> = ReturnType<
  typeof parseArgs<{ args: string[]; options: T; strict: true; allowPositionals: boolean }>
>;

/** `parseArgs` with its complaint as one sentence. */
const parsed = <const T extends Options>(args: readonly string[], options: T, allowPositionals: boolean): Parsed<T> => {
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals });
  } catch (error) {
    const sentence = error instanceof Error ? error.message.split(". ")[0] : String(error);
    throw new Failure(`${sentence ?? "unreadable options"}; see --help`);
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
