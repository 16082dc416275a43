/** Walks by seed. */
import { playSeeds, type Seeds } from "../bySeed";
import { anyWalk, walkText } from "./case";
import { play, type Tally } from "./play";

export interface Options extends Seeds {
  /** The most moves of a walk. */
  readonly moves: number;
  /** How long a smaller walk is looked for. @default 10 minutes */
  readonly shrinkMs?: number;
}

export interface Report {
  /** How many seeds failed. */
  readonly failures: number;
  readonly tally: Readonly<Tally>;
}

export const walk = async ({ moves, shrinkMs = 600_000, ...seeds }: Options): Promise<Report> => {
  const tally: Tally = {
    whole: 0,
    killed: 0,
    unreachable: 0,
    targeted: 0,
    refused: 0,
    settled: 0,
    "leaves renewed": 0,
  };
  const game = {
    on: `${String(moves)} moves`,
    cases: () => anyWalk(moves),
    play: (each: Parameters<typeof play>[0]) => play(each, tally),
    shown: walkText,
    shrinkMs,
    tally,
    every: 5,
  };
  return { failures: await playSeeds(game, seeds), tally };
};
