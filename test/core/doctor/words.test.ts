import assert from "node:assert/strict";
import { andList, expiry, minorOf, nodeList, spanText } from "../../../core/doctor/words";

const NOW = new Date("2026-11-29T12:00:00Z");

describe("the doctor's words", () => {
  const moments: readonly [string, string][] = [
    ["2026-11-19T12:00:00Z", "expired on 2026-11-19, 10 days ago"],
    ["2026-11-29T12:00:00Z", "expired on 2026-11-29, 0 minutes ago"],
    ["2026-11-29T12:01:30Z", "expires on 2026-11-29, in 1 minute"],
    ["2026-11-29T13:59:00Z", "expires on 2026-11-29, in 1 hour"],
    ["2026-12-01T11:59:00Z", "expires on 2026-12-01, in 47 hours"],
    ["2026-12-01T12:00:00Z", "expires on 2026-12-01, in 2 days"],
  ];
  for (const [moment, text] of moments) {
    it(`say that what ends at ${moment} ${text}`, () => {
      assert.equal(expiry(moment, NOW), text);
    });
  }

  it("count spans of time whichever way they go", () => {
    assert.deepEqual([spanText(-90_000), spanText(90_000)], ["1 minute", "1 minute"]);
  });

  it("list few things in full and many nodes in part", () => {
    assert.deepEqual(
      [andList([]), andList(["a"]), andList(["a", "b"]), andList(["a", "b", "c"])],
      ["", "a", "a and b", "a, b and c"],
    );
    assert.equal(nodeList(["a", "b", "c", "d", "e", "f", "g"]), "a, b, c, d, e and 2 more");
  });

  it("read minor versions as programs print them", () => {
    assert.deepEqual(["1.36.3", "v1.34.2", "3.6.8", "", undefined].map(minorOf), [36, 34, 6, undefined, undefined]);
  });
});
