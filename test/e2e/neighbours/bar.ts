/** What must never have happened to those who need the neighbours. */
import assert from "node:assert/strict";
import type { ClientResult } from "../clients/tally";
import type { Lab } from "../../lab/lab";
import { BELOW_BUDGET, LET_IN, NEIGHBOUR_CLIENTS, NOT_REACHED, NOT_TRUSTED } from "./clients";

export const assertNeighboursUndisturbed = (lab: Lab, results: readonly ClientResult[]): void => {
  for (const name of Object.keys(NEIGHBOUR_CLIENTS)) {
    const { seconds = 0, facts = {}, failures = [] } = results.find((each) => each.name === name) ?? {};
    assert.ok(seconds > 60, `${name} did not run`);
    const never = [LET_IN, BELOW_BUDGET, NOT_TRUSTED, ...(lab.topology.balanced ? [NOT_REACHED] : [])];
    for (const fact of never) assert.equal(facts[fact] ?? 0, 0, `${name}, ${fact}: ${failures.join("; ")}`);
  }
};
