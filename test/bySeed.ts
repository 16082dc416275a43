/** Cases by seed, one after another: the same seed is the same case on every machine, and one that fails is made smaller. */
import { inspect } from "node:util";
import fc from "fast-check";

/** What does not hold, in words; anything else that is thrown is a fault of the test, and printed with its stack. */
export class Finding extends Error {
  /** @param details printed below the case */
  constructor(
    message: string,
    readonly details: string,
  ) {
    super(message);
  }
}

/** What is played. */
export interface Game<Case> {
  /** For the printed line: what it is played on. */
  readonly on: string;
  readonly cases: (seed: number) => fc.Arbitrary<Case>;
  /** @throws Finding */
  readonly play: (each: Case) => Promise<void>;
  /** How a case is printed. @default as it is */
  readonly shown?: (each: Case) => string;
  /** How long a smaller case is looked for, once one has failed. */
  readonly shrinkMs: number;
  /** Counts, for the last line. */
  readonly tally: Readonly<Record<string, number>>;
  /** Seeds between two lines of how far it is. */
  readonly every: number;
}

export interface Seeds {
  readonly from: number;
  readonly seeds: number;
  /** Cases at a time. */
  readonly jobs: number;
  /** No case is begun after that. */
  readonly minutes?: number | undefined;
  /** After a failure too. */
  readonly goesOn: boolean;
  readonly log: (line: string) => void;
}

/** Seeds that follow one another would begin alike. */
export const mixed = (seed: number): number => {
  let mix = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
};

const playSeed = async <Case>(seed: number, game: Game<Case>, goesOn: boolean): Promise<string | undefined> => {
  let stopAt = Infinity;
  let last: unknown;
  const property = fc.asyncProperty(game.cases(seed), async (each) => {
    if (Date.now() > stopAt) return;
    try {
      await game.play(each);
    } catch (error) {
      stopAt = Math.min(stopAt, Date.now() + game.shrinkMs);
      last = error;
      throw error;
    }
  });
  const { failed, counterexample } = await fc.check(property, {
    seed: mixed(seed),
    numRuns: 1,
    endOnFailure: goesOn,
  });
  if (!failed) return undefined;
  const why = last instanceof Error ? last.message : String(last);
  const more = last instanceof Finding ? last.details : last instanceof Error ? (last.stack ?? "") : "";
  const { shown = (each: Case) => inspect(each, { depth: 9, breakLength: 120 }) } = game;
  const smallest = counterexample === null ? "" : shown(counterexample[0]);
  return `seed ${String(seed)} (${game.on}): ${why}\n${smallest}\n${more}`.trimEnd();
};

/** @returns how many seeds failed */
export const playSeeds = async <Case>(game: Game<Case>, options: Seeds): Promise<number> => {
  const { from, seeds, jobs, minutes, goesOn, log } = options;
  const started = Date.now();
  const until = minutes === undefined ? Infinity : started + minutes * 60_000;
  const seconds = (): number => Math.round((Date.now() - started) / 1000);
  let [next, ended, failures] = [from, 0, 0];
  const work = async (): Promise<void> => {
    while (next < from + seeds && Date.now() < until && (failures === 0 || goesOn)) {
      const failure = await playSeed(next++, game, goesOn);
      ended++;
      if (failure !== undefined) {
        failures++;
        log(failure);
      }
      if (ended % game.every === 0) log(`${String(ended)} seeds, ${String(seconds())} s`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  log(
    `${String(ended)} seeds from ${String(from)} (${game.on}), ${String(failures)} failed, ${String(seconds())} s, ${String(Math.round((ended / Math.max(1, seconds())) * 3600))} an hour: ` +
      Object.entries(game.tally)
        .map(([name, count]) => `${name} ${String(count)}`)
        .join(", "),
  );
  return failures;
};
