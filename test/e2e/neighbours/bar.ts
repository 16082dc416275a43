/** What must never have happened to those who need the neighbours. */
import assert from "node:assert/strict";
import type { ClientResult } from "../clients/tally";
import type { Topology } from "../../lab/topology";
import { BELOW_BUDGET, LET_IN, NEIGHBOUR_CLIENTS, NOT_REACHED, NOT_TRUSTED } from "./clients";

export const assertNeighboursUndisturbed = (
  { balanced }: Pick<Topology, "balanced">,
  results: readonly ClientResult[],
): void => {
  for (const name of Object.keys(NEIGHBOUR_CLIENTS)) {
    const { seconds = 0, facts = {}, failures = [] } = results.find((each) => each.name === name) ?? {};
    assert.ok(seconds > 60, `${name} did not run`);
    // two replicas and a lameduck: a name was always answered
    if (name === "DNS") assert.equal(facts["failures"] ?? 0, 0, `${name}: ${failures.join("; ")}`);
    const never = [LET_IN, BELOW_BUDGET, NOT_TRUSTED];
    for (const fact of never) assert.equal(facts[fact] ?? 0, 0, `${name}, ${fact}: ${failures.join("; ")}`);
    // whether API servers can be reached is asked by others; where one that begins gets no questions, none was answered wrongly
    const refused = (facts["failures"] ?? 0) - (facts[NOT_REACHED] ?? 0);
    if (balanced) assert.equal(refused, 0, `${name}: ${failures.join("; ")}`);
  }
};
