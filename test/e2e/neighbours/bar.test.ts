import assert from "node:assert/strict";
import { assertNeighboursUndisturbed } from "./bar";
import { BELOW_BUDGET, LET_IN, NEIGHBOUR_CLIENTS, NOT_REACHED, NOT_TRUSTED } from "./clients";

const resultsWith = (name: string, facts: Readonly<Record<string, number>>) =>
  Object.keys(NEIGHBOUR_CLIENTS).map((each) => ({
    ...{ name: each, seconds: 500, secondsFailed: 0, longestGapMs: 0, failures: [] },
    facts: each === name ? facts : {},
  }));

const passes = (name: string, facts: Readonly<Record<string, number>>, balanced = false): boolean => {
  try {
    assertNeighboursUndisturbed({ balanced }, resultsWith(name, facts));
    return true;
  } catch {
    return false;
  }
};

describe("the bar of the neighbours", () => {
  it("takes that an API server was not reached, and with one of them that it answered with an error at its start", () => {
    assert.ok(passes("kubectl top", { failures: 7, [NOT_REACHED]: 7 }, true));
    assert.ok(passes("kubectl top", { failures: 9, [NOT_REACHED]: 7 }));
    assert.ok(!passes("kubectl top", { failures: 9, [NOT_REACHED]: 7 }, true));
  });

  for (const fact of [LET_IN, BELOW_BUDGET, NOT_TRUSTED])
    it(`takes nothing ${fact}`, () => {
      assert.ok(!passes("webhook that denies", { failures: 1, [fact]: 1 }));
    });

  it("wants every name answered, and each of them asked", () => {
    assert.ok(!passes("DNS", { failures: 1 }));
    const [, ...others] = resultsWith("", {});
    assert.throws(() => {
      assertNeighboursUndisturbed({ balanced: false }, others);
    }, /did not run/);
  });
});
