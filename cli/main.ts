/* eslint-disable @typescript-eslint/no-require-imports -- import() would not find TypeScript under tsx/cjs */
/** `kube-pki COMMAND`: shows what a stack holds and what is due, and runs it. */
import { EXIT, Failure } from "./failure";
import type { Exit } from "./failure";

interface Command {
  readonly command: (args: readonly string[]) => Promise<Exit>;
  /** None: not for people. */
  readonly USAGE?: string;
}

/** Each is loaded when it is run: `pulumi up` runs one for each node, and what others need would be half of its time. */
const FOR_PEOPLE: Readonly<Record<string, () => Command>> = {
  status: () => require("./status") as Command,
  due: () => require("./due") as Command,
  doctor: () => require("./doctor") as Command,
  up: () => require("./up") as Command,
  renew: () => require("./renew") as Command,
  survey: () => require("./survey") as Command,
  init: () => require("./init") as Command,
  timer: () => require("./timer") as Command,
  backup: () => require("./backup") as Command,
  restore: () => require("./restore") as Command,
};

const COMMANDS: Readonly<Record<string, () => Command>> = {
  ...FOR_PEOPLE,
  "cluster-step": () => require("./clusterStep") as Command,
  "preflight-step": () => require("./preflightStep") as Command,
  "alive-step": () => require("./aliveStep") as Command,
  "drift-step": () => require("./driftStep") as Command,
  "install-step": () => require("./installStep") as Command,
};

const help = (): string =>
  [
    "usage: kube-pki COMMAND [OPTION...]",
    "",
    ...Object.values(FOR_PEOPLE).flatMap((load) => load().USAGE ?? []),
    "exit codes: 0 nothing to report, 1 something needs attention, 2 the command failed",
    "",
  ].join("\n");

async function main([name, ...args]: readonly string[]): Promise<Exit> {
  if (name === undefined || name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(help());
    return name === undefined ? EXIT.failed : EXIT.fine;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined)
    throw new Failure(`unknown command \`${name}\`; must be one of ${Object.keys(FOR_PEOPLE).join(", ")}`);
  const { command, USAGE } = load();
  if (args.includes("--help") || args.includes("-h")) {
    process.stdout.write(USAGE ?? help());
    return EXIT.fine;
  }
  return command(args);
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
