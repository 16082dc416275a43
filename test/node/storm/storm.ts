/** Cases by seed, one after another: the same seed is the same case on every machine. */
import { inspect } from "node:util";
import fc from "fast-check";
import { anyCase, type Case } from "./case";
import { Finding, play, type Tally } from "./play";

export interface Options {
  readonly shell: string;
  readonly from: number;
  readonly seeds: number;
  /** Cases at a time. */
  readonly jobs: number;
  /** No case is begun after that. */
  readonly minutes?: number | undefined;
  /** @default by the seed: one case in 25 has services that run */
  readonly services?: Case["services"] | undefined;
  /** After a failure too. */
  readonly goesOn: boolean;
  readonly log: (line: string) => void;
}

/** Seeds that follow one another would begin alike. */
const mixed = (seed: number): number => {
  let mix = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
};

const servicesOf = (seed: number): Case["services"] =>
  seed % 25 === 7 ? "running" : seed % 5 === 0 ? "absent" : seed % 4 === 1 ? "flags" : "none";

/** How long a smaller case is looked for. */
const SHRINK_MS = 90_000;

const runSeed = async (seed: number, options: Options, tally: Tally): Promise<string | undefined> => {
  const { shell, services = servicesOf(seed) } = options;
  let stopAt = Infinity;
  let last: unknown;
  const property = fc.asyncProperty(anyCase(services), async (each) => {
    if (Date.now() > stopAt) return;
    try {
      await play(shell, each, tally);
    } catch (error) {
      stopAt = Math.min(stopAt, Date.now() + SHRINK_MS);
      last = error;
      throw error;
    }
  });
  const { failed, counterexample } = await fc.check(property, {
    seed: mixed(seed),
    numRuns: 1,
    endOnFailure: options.goesOn,
  });
  if (!failed) return undefined;
  const why = last instanceof Error ? last.message : String(last);
  const stack = last instanceof Finding || !(last instanceof Error) ? "" : `\n${last.stack ?? ""}`;
  const stderr = last instanceof Finding ? `\nits stderr:\n${last.stderr}` : "";
  return `seed ${String(seed)} (${shell}): ${why}${stack}\n${inspect(counterexample?.[0], { depth: 9, breakLength: 120 })}${stderr}`;
};

export interface Report {
  /** How many seeds failed. */
  readonly failures: number;
  readonly tally: Readonly<Tally>;
}

export const storm = async (options: Options): Promise<Report> => {
  const { from, seeds, jobs, minutes, log } = options;
  const tally: Tally = { done: 0, refused: 0, recovered: 0, killed: 0 };
  const started = Date.now();
  const until = minutes === undefined ? Infinity : started + minutes * 60_000;
  let [next, ended, failures] = [from, 0, 0];
  const work = async (): Promise<void> => {
    while (next < from + seeds && Date.now() < until && (failures === 0 || options.goesOn)) {
      const failure = await runSeed(next++, options, tally);
      ended++;
      if (failure !== undefined) {
        failures++;
        log(failure);
      }
      if (ended % 100 === 0) log(`${String(ended)} seeds, ${String(Math.round((Date.now() - started) / 1000))} s`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const seconds = (Date.now() - started) / 1000;
  log(
    `${String(ended)} seeds from ${String(from)} (${options.shell}), ${String(failures)} failed, ${String(Math.round(seconds))} s, ${String(Math.round((ended / seconds) * 3600))} an hour: ` +
      Object.entries(tally)
        .map(([name, count]) => `${name} ${String(count)}`)
        .join(", "),
  );
  return { failures, tally };
};
