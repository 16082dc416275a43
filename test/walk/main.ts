/**
 * Random walks of a cluster through its life (test/walk/cluster.ts says what is real in it). A failure prints its seed, and the
 * fewest moves that fail so; with --all, which goes on after it, the walk as it came.
 */
import { playFromArguments, SEED_USAGE } from "../bySeedMain";
import { walk } from "./walk";

playFromArguments(
  `npm run walk -- ${SEED_USAGE} [--moves N]`,
  { moves: { type: "string", default: "8" } },
  100,
  async (seeds, { moves }) => (await walk({ ...seeds, moves: Number(moves) })).failures,
);
