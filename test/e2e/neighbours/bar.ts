/** What those who need the neighbours must have seen in a rotation. */
import assert from "node:assert/strict";
import type { ClientResult } from "../clients/tally";
import type { Lab } from "../../lab/lab";
import { BELOW_BUDGET, LET_IN, NEIGHBOUR_CLIENTS, NOT_REACHED } from "./clients";

export const assertNeighboursUndisturbed = (lab: Lab, results: readonly ClientResult[]): void => {
  for (const name of Object.keys(NEIGHBOUR_CLIENTS)) {
    const { seconds = 0, facts = {}, failures = [] } = results.find((each) => each.name === name) ?? {};
    assert.ok(seconds > 60, `${name} did not run`);
    assert.equal(facts[LET_IN] ?? 0, 0, `${name}: ${failures.join("; ")}`);
    assert.equal(facts[BELOW_BUDGET] ?? 0, 0, `${name}: ${failures.join("; ")}`);
    if (lab.topology.balanced) assert.equal(facts[NOT_REACHED] ?? 0, 0, `${name}: ${failures.join("; ")}`);
  }
};
