/** A few walks of test/walk, the same each time; `npm run walk` goes on from there. */
import assert from "node:assert/strict";
import { repeatsLostCalls } from "../lab/plugins/testStack";
import { walk } from "../walk/walk";

/** Seeds whose walks are short and of small clusters, and yet have what has to be among them. */
const SEEDS = [13, 16];

describe("random walks of a cluster", function () {
  this.timeout(600_000);
  repeatsLostCalls(this);

  for (const from of SEEDS)
    it(`find nothing, seed ${String(from)}`, async () => {
      const said: string[] = [];
      const log = (line: string): void => void said.push(line);
      const { failures, tally } = await walk({ from, seeds: 1, jobs: 1, goesOn: true, moves: 3, log });
      assert.equal(failures, 0, said.join("\n"));
      assert.ok(tally.settled > 0 && tally.whole > 0);
    });
});
