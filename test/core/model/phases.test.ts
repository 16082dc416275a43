import assert from "node:assert/strict";
import { PHASE, PHASES, type Side } from "../../../core/model/phases";

const includes = (sides: readonly Side[], side: Side): boolean => sides.includes(side);

describe("phases", () => {
  for (const [index, phase] of PHASES.entries()) {
    const { signs, trusts, protects, seeks, retires } = PHASE[phase];

    it(`${phase}: the issuer is trusted, protected and not retired`, () => {
      assert.ok(includes(trusts, signs) && includes(protects, signs) && !includes(retires, signs));
    });

    it(`${phase}: no CA is retired that is trusted, or whose users were not checked for`, () => {
      for (const side of retires) assert.ok(!includes(trusts, side) && includes(seeks, side), side);
    });

    it(`${phase}: what signed before is trusted or retired`, () => {
      for (const before of PHASES.slice(0, index))
        assert.ok(includes(trusts, PHASE[before].signs) || includes(retires, PHASE[before].signs), before);
    });

    it(`${phase}: the issuer was trusted in the phase before`, () => {
      const before = PHASES[index - 1];
      if (before !== undefined) assert.ok(includes(PHASE[before].trusts, signs));
    });
  }

  it("begin with the old one, which everything still uses, and end with the new one alone", () => {
    const [first, last] = [PHASES[0], PHASES.at(-1)];
    assert.ok(last);
    assert.equal(PHASE[first].signs, "old");
    assert.deepEqual(PHASE[last].trusts, ["new"]);
  });
});
