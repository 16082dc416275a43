/** `kube-pki COMMAND`: shows what a stack holds and what is due, and runs it. */
import { COMMAND_NAMES, FOR_PEOPLE, specs, STEPS } from "./commands";
import { EXIT, Failure } from "./failure";
import type { Exit } from "./failure";
import { mustBe } from "../core/format/problem";
import { oneOf } from "./options";
import { commandHelp, helpOf, overview } from "./usage/help";
import { hasVerbs, type CommandSpec } from "./usage/spec";
import { version } from "./usage/version";

const isHelp = (word: string | undefined): boolean => word === "--help" || word === "-h";

const say = (text: string): Exit => {
  process.stdout.write(text);
  return EXIT.fine;
};

/** Of the verb that is named before it, if there is one. */
const helpFor = (name: string, spec: CommandSpec, [verb = ""]: readonly string[]): string => {
  const own = hasVerbs(spec) && Object.hasOwn(spec.verbs, verb) ? spec.verbs[verb] : undefined;
  return own === undefined ? helpOf(name, spec) : commandHelp({ words: `${name} ${verb}`, spec: own });
};

const known = (name: string) => {
  if (name.startsWith("-"))
    throw new Failure(
      mustBe("command", JSON.stringify(name), `one of ${COMMAND_NAMES.join(", ")}`, "options come behind it"),
    );
  return FOR_PEOPLE[oneOf("command", name, COMMAND_NAMES)]();
};

const help = ([name, ...more]: readonly string[]): string =>
  name === undefined ? overview(specs()) : helpFor(name, known(name).SPEC, more);

async function main([name, ...args]: readonly string[]): Promise<Exit> {
  if (name === undefined) {
    say(overview(specs()));
    return EXIT.failed;
  }
  if (name === "help") return say(help(args.filter((word) => !isHelp(word))));
  if (isHelp(name)) return say(help([]));
  if (name === "version" || name === "--version") return say(`kube-pki ${version()}\n`);
  const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
  if (step !== undefined) return step().command(args);
  const { command, SPEC } = known(name);
  return args.some(isHelp) ? say(helpFor(name, SPEC, args)) : command(args);
}

/** What the system refused is no fault of this program: where it was asked for says nothing. */
const isRefusal = (error: Error): boolean => "syscall" in error && "code" in error;

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error instanceof Failure || isRefusal(error) ? error.message : (error.stack ?? error.message);
};

/** Who reads what we print may stop in the middle, as `head` does: that is no failure of ours. */
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.fine);
});

main(process.argv.slice(2)).then(
  (exit) => {
    process.exitCode = exit;
  },
  (error: unknown) => {
    process.stderr.write(`kube-pki: ${reasonOf(error)}\n`);
    process.exitCode = EXIT.failed;
  },
);
