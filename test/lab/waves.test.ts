import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { inWaves } from "./waves";

describe("waves", () => {
  it("act on every item, few at a time, and give the values in order", async () => {
    let working = 0;
    let most = 0;
    const items = Array.from({ length: 34 }, (_, at) => at);
    const values = await inWaves(items, async (item) => {
      most = Math.max(most, ++working);
      await turn();
      working--;
      return item * 2;
    });
    assert.deepEqual(
      values,
      items.map((item) => item * 2),
    );
    assert.equal(most, 10);
  });

  it("end with the first that fails", async () => {
    await assert.rejects(
      inWaves([1, 2], (item) => (item === 2 ? Promise.reject(new Error("two")) : Promise.resolve(item))),
      /two/,
    );
  });
});
