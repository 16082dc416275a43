import assert from "node:assert/strict";
import { PHASE, PHASES, type Side } from "../../../core/model/phases";

const includes = (sides: readonly Side[], side: Side): boolean => sides.includes(side);

describe("phases", () => {
  for (const [index, phase] of PHASES.entries()) {
    const { signs, trusts, protects, seeks, retires } = PHASE[phase];

    it(`${phase}: whoever signs is trusted, protected, and not let go of`, () => {
      assert.ok(includes(trusts, signs) && includes(protects, signs) && !includes(retires, signs));
    });

    it(`${phase}: nobody is let go of who is trusted, or was not looked for`, () => {
      for (const side of retires) assert.ok(!includes(trusts, side) && includes(seeks, side), side);
    });

    it(`${phase}: whatever signed before is trusted or let go of`, () => {
      for (const before of PHASES.slice(0, index))
        assert.ok(includes(trusts, PHASE[before].signs) || includes(retires, PHASE[before].signs), before);
    });

    it(`${phase}: whoever signs was trusted in the phase before`, () => {
      const before = PHASES[index - 1];
      if (before !== undefined) assert.ok(includes(PHASE[before].trusts, signs));
    });
  }

  it("begin with the old one, which nobody has left yet, and end with the new one alone", () => {
    const [first, last] = [PHASES[0], PHASES.at(-1)];
    assert.ok(last);
    assert.equal(PHASE[first].signs, "old");
    assert.deepEqual(PHASE[last].trusts, ["new"]);
  });
});
