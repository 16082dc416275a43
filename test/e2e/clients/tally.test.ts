import assert from "node:assert/strict";
import { Tally } from "./tally";

describe("tally of a client", () => {
  it("counts whole seconds beyond the usual interval, and the longest gap", () => {
    const tally = new Tally("writer", 200, 10_000);
    for (const at of [10_200, 10_400, 12_700, 12_900]) tally.succeeded(at);
    tally.hasFailed(11_000, "refused");
    assert.deepEqual(tally.result(13_000), {
      name: "writer",
      seconds: 3,
      secondsFailed: 2,
      longestGapMs: 2300,
      facts: { failures: 1 },
      failures: ["1970-01-01T00:00:11.000Z refused"],
    });
  });

  it("counts a failure that lasts to the end, and one from the beginning", () => {
    const tally = new Tally("watch", 1000, 0);
    tally.succeeded(3000);
    assert.equal(tally.result(9500).secondsFailed, 2 + 5);
  });
});
