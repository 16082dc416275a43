/** The command line of what is played by seeds: which seeds, and for how long. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import type { Seeds } from "./bySeed";

export const SEED_USAGE = "[--seeds N] [--from SEED | --seed SEED] [--jobs N] [--minutes N] [--all]";

/**
 * Reads the arguments of this process, plays, and sets the exit code. `--help` prints the usage and ends.
 *
 * @param own options beside those of every such command
 * @param seeds played unless they are given; they begin at one that differs from day to day
 */
export const playFromArguments = (
  usage: string,
  own: Readonly<Record<string, { readonly type: "string"; readonly default?: string }>>,
  seeds: number,
  play: (options: Seeds, given: Readonly<Record<string, unknown>>) => Promise<number>,
): void => {
  const options = {
    help: { type: "boolean", default: false },
    seeds: { type: "string", default: String(seeds) },
    from: { type: "string" },
    seed: { type: "string" },
    jobs: { type: "string", default: "1" },
    minutes: { type: "string" },
    all: { type: "boolean", default: false },
  } as const satisfies ParseArgsConfig["options"];
  const { values } = parseArgs({ options: { ...own, ...options } });
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const asked: Seeds = {
    from: Number(values.seed ?? values.from ?? Math.floor(Date.now() / 1000) % 1_000_000),
    seeds: values.seed === undefined ? Number(values.seeds) : 1,
    jobs: Number(values.jobs),
    minutes: values.minutes === undefined ? undefined : Number(values.minutes),
    goesOn: values.all,
    log: (line) => {
      console.log(line);
    },
  };
  play(asked, values).then(
    (failures) => {
      process.exitCode = failures === 0 ? 0 : 1;
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    },
  );
};
