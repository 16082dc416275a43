/** A few walks of test/walk, the same each time; `npm run walk` goes on from there. */
import assert from "node:assert/strict";
import { walk } from "../walk/walk";

/** Walks that are short, of small clusters, and yet have these among them. */
const SEEDS = { 16: ["whole", "killed", "settled"], 39: ["refused", "settled"] } as const;

describe("random walks of a cluster", function () {
  this.timeout(600_000);

  for (const [seed, kinds] of Object.entries(SEEDS))
    it(`find nothing, seed ${seed}`, async () => {
      const said: string[] = [];
      const log = (line: string): void => void said.push(line);
      const { failures, tally } = await walk({ from: Number(seed), seeds: 1, jobs: 1, goesOn: true, moves: 3, log });
      assert.equal(failures, 0, said.join("\n"));
      for (const kind of kinds) assert.ok(tally[kind] > 0, `none was ${kind}`);
    });
});
