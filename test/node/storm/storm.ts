/** Random nodes, payloads, kills and boots, by seed. */
import { playSeeds, type Seeds } from "../../bySeed";
import { anyCase, type Case } from "./case";
import { play, type Tally } from "./play";

export interface Options extends Seeds {
  readonly shell: string;
  /** @default by the seed: one case in 25 has services that run */
  readonly services?: Case["services"] | undefined;
}

const servicesOf = (seed: number): Case["services"] =>
  seed % 25 === 7 ? "running" : seed % 5 === 0 ? "absent" : seed % 4 === 1 ? "flags" : "none";

export interface Report {
  /** How many seeds failed. */
  readonly failures: number;
  readonly tally: Readonly<Tally>;
}

export const storm = async (options: Options): Promise<Report> => {
  const { shell, services } = options;
  const tally: Tally = { done: 0, refused: 0, recovered: 0, killed: 0 };
  const failures = await playSeeds(
    {
      on: shell,
      cases: (seed) => anyCase(services ?? servicesOf(seed)),
      play: (each) => play(shell, each, tally),
      shrinkMs: 90_000,
      tally,
      every: 100,
    },
    options,
  );
  return { failures, tally };
};
