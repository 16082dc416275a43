import assert from "node:assert/strict";
import { storm } from "./storm";

/** The same seeds each time; `npm run storm` goes on from there. @param shell - what the script is run with */
export function survivesStorms(shell: string, seeds: number): void {
  describe(`node applies in a storm (${shell})`, function () {
    this.timeout(240_000);

    it(`of ${String(seeds)} nodes, payloads, kills and boots`, async () => {
      const said: string[] = [];
      const log = (line: string): void => void said.push(line);
      const { failures, tally } = await storm({ shell, from: 1, seeds, jobs: 2, goesOn: false, log });
      assert.equal(failures, 0, said.join("\n"));
      for (const [outcome, count] of Object.entries(tally)) assert.ok(count > 0, `none was ${outcome}`);
    });
  });
}
