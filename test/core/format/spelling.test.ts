import assert from "node:assert/strict";
import { editDistance, nearest } from "../../../core/format/spelling";

describe("nearest", () => {
  it("counts a swap of neighbours as one slip", () => {
    assert.equal(editDistance("nodse", "nodes"), 1);
    assert.equal(editDistance("", "abc"), 3);
    assert.equal(editDistance("kitten", "sitting"), 3);
  });
  it("has no guess when nothing is near", () => {
    assert.equal(nearest("zebra", ["name", "address"]), undefined);
    assert.equal(nearest("x", []), undefined);
  });
});
