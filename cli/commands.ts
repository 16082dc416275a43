/* eslint-disable @typescript-eslint/no-require-imports -- import() would not find TypeScript under tsx/cjs */
/**
 * The table of all commands. Each is loaded when it is run: `pulumi up` runs one for each node, and what others need would be
 * half of its time.
 */
import type { Exit } from "./failure";
import type { CommandSpec } from "./usage/spec";

export interface Command {
  readonly command: (args: readonly string[]) => Promise<Exit>;
}

export interface PublicCommand extends Command {
  readonly SPEC: CommandSpec;
}

/** One that tells of all commands, itself included. */
interface OfAll {
  readonly SPEC: CommandSpec;
  readonly commandOf: (all: typeof specs) => Command["command"];
}

const ofAll = ({ SPEC, commandOf }: OfAll): PublicCommand => ({ SPEC, command: commandOf(specs) });

export const FOR_PEOPLE = {
  status: () => require("./status") as PublicCommand,
  due: () => require("./due") as PublicCommand,
  doctor: () => require("./doctor") as PublicCommand,
  up: () => require("./up") as PublicCommand,
  renew: () => require("./renew") as PublicCommand,
  survey: () => require("./survey") as PublicCommand,
  init: () => require("./init") as PublicCommand,
  timer: () => require("./timer") as PublicCommand,
  backup: () => require("./backup") as PublicCommand,
  restore: () => require("./restore") as PublicCommand,
  completion: () => ofAll(require("./completion") as OfAll),
  man: () => ofAll(require("./man") as OfAll),
} as const satisfies Readonly<Record<string, () => PublicCommand>>;

export const COMMAND_NAMES = Object.keys(FOR_PEOPLE) as (keyof typeof FOR_PEOPLE)[];

/** Steps of `pulumi up`. */
export const STEPS: Readonly<Record<string, () => Command>> = {
  "cluster-step": () => require("./clusterStep") as Command,
  "preflight-step": () => require("./preflightStep") as Command,
  "alive-step": () => require("./aliveStep") as Command,
  "drift-step": () => require("./driftStep") as Command,
  "install-step": () => require("./installStep") as Command,
};

/** What each takes: every command is loaded for it. */
export const specs = (): Readonly<Record<string, CommandSpec>> =>
  Object.fromEntries(Object.entries(FOR_PEOPLE).map(([name, load]) => [name, load().SPEC]));
