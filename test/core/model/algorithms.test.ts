import assert from "node:assert/strict";
import { ALGORITHMS, KEYS } from "../../../core/model/algorithms";

describe("algorithms of keys", () => {
  it("are the curves and the lengths that every component of a cluster reads", () => {
    assert.deepEqual(ALGORITHMS, ["ECDSA-P256", "ECDSA-P384", "RSA-2048", "RSA-3072", "RSA-4096"]);
  });

  for (const name of ALGORITHMS)
    it(`${name}: is what its name says`, () => {
      const key = KEYS[name];
      assert.equal([key.kind, "curve" in key ? key.curve : key.bits].join("-"), name);
      assert.equal(key.bits, Number(/\d+$/.exec(name)?.[0]));
    });
});
