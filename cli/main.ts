/** `kube-pki COMMAND`: shows what a stack holds and what is due, and runs it. */
import { EXIT, Failure } from "./failure";
import type { Exit } from "./failure";
import { clusterStep } from "./clusterStep";
import { due, DUE_USAGE } from "./due";
import { installStep } from "./installStep";
import { status, STATUS_USAGE } from "./status";
import { up, UP_USAGE } from "./up";

interface Command {
  readonly run: (args: readonly string[]) => Promise<Exit>;
  /** None: not for people. */
  readonly usage?: string;
}

const COMMANDS: Readonly<Record<string, Command>> = {
  status: { run: status, usage: STATUS_USAGE },
  due: { run: due, usage: DUE_USAGE },
  up: { run: up, usage: UP_USAGE },
  "cluster-step": { run: clusterStep },
  "install-step": { run: installStep },
};

/** Those for people. */
const NAMED = Object.keys(COMMANDS).filter((name) => COMMANDS[name]?.usage !== undefined);

const HELP = [
  "usage: kube-pki COMMAND [OPTION...]",
  "",
  ...Object.values(COMMANDS).flatMap(({ usage }) => usage ?? []),
  "exit codes: 0 nothing to report, 1 something needs attention, 2 the command failed",
  "",
].join("\n");

async function main([name, ...args]: readonly string[]): Promise<Exit> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(HELP);
    return name === undefined ? EXIT.failed : EXIT.fine;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command === undefined) {
    throw new Failure(`unknown command \`${name}\`; must be one of ${NAMED.join(", ")}`);
  }
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(command.usage ?? HELP);
    return EXIT.fine;
  }
  return command.run(args);
}

main(process.argv.slice(2)).then(
  (exit) => {
    process.exitCode = exit;
  },
  (error: unknown) => {
    const text = error instanceof Failure ? error.message : error instanceof Error ? error.stack : String(error);
    process.stderr.write(`kube-pki: ${text ?? "failed"}\n`);
    process.exitCode = EXIT.failed;
  },
);
