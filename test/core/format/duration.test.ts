import assert from "node:assert/strict";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../../core/format/duration";

describe("duration", () => {
  const read: readonly [string, number][] = [
    ["30d", 2_592_000],
    ["720h", 2_592_000],
    ["1d12h", 129_600],
    ["90m", 5_400],
    ["1h30m5s", 5_405],
    ["36500d", 3_153_600_000],
  ];
  for (const [text, seconds] of read) {
    it(`reads ${text}`, () => {
      assert.equal(parseDuration(text), seconds);
    });
  }

  const refused = [
    "",
    "0",
    "0h",
    "30",
    "30 d",
    "-1d",
    "+1d",
    "1.5h",
    "12h1d",
    "1d1d",
    "1y",
    "1w",
    "1D",
    "36501d",
    "d",
    "1h ",
  ];
  for (const text of refused) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      assert.equal(parseDuration(text), undefined);
    });
  }

  it("reads back what it writes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 36_500 * 86_400 }), (seconds) => {
        assert.equal(parseDuration(formatDuration(seconds)), seconds);
      }),
    );
  });

  it("writes the largest units first, and nothing below a second", () => {
    assert.equal(formatDuration(21_024_000), "243d8h");
    assert.equal(formatDuration(0), "0s");
    assert.equal(formatDuration(-5), "0s");
    assert.equal(formatDuration(61.9), "1m1s");
  });
});
