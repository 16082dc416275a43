/** A rotation of a cluster with what real ones have: an aggregated API, a webhook, DNS, budgets, a StatefulSet. */
import assert from "node:assert/strict";
import { assertUndisturbed } from "../clients/bar";
import { apply } from "../clients/userland";
import { assertNeighboursUndisturbed } from "../neighbours/bar";
import { LEDGER_REPLICAS, ledgerBudget } from "../neighbours/ledger";
import { assertNeighbours, NEIGHBOUR_CONFIG, registerNeighbours, startNeighbours } from "../neighbours/neighbours";
import { begin, casOf, goTo, rotateTo } from "../rotating";
import { complaint, type Run, type Scenario } from "../scenario";

const look = (run: Run, when: string): Promise<void> =>
  run.step(`${when}: kubectl top, webhooks, DNS and StatefulSet`, async () => {
    const { topSeconds, newNameSeconds } = await assertNeighbours(run.lab);
    run.counts[`${when}: seconds until kubectl top had all nodes`] = topSeconds;
    run.counts[`${when}: seconds until DNS knew a new name`] = newNameSeconds;
  });

/** While its budget allows no disruption a workload is left alone, and nothing is issued. */
const refusedByBudget = (run: Run): Promise<void> =>
  run.step("a PodDisruptionBudget that allows nothing stops the rotation", async () => {
    await apply(run.lab, [ledgerBudget(LEDGER_REPLICAS)]);
    run.stack.configure(rotateTo(2, "trust"));
    const started = Date.now();
    const { code, stdout, stderr } = await run.stack.up();
    await run.countSince(started, "refused");
    assert.notEqual(code, 0, "the rotation went on");
    assert.match(
      complaint(stdout + stderr),
      /PodDisruptionBudget neighbours\/ledger.* allows no disruption, so StatefulSet neighbours\/ledger cannot be restarted/,
    );
    await apply(run.lab, [ledgerBudget(LEDGER_REPLICAS - 1)]);
  });

export const neighbours: Scenario = {
  name: "neighbours",
  proves:
    "every CA is replaced under metrics-server, CoreDNS, webhooks of admission and conversion, a StatefulSet and budgets, which work in each phase",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    const { lab, stack } = run;
    await run.step("metrics-server, CoreDNS, webhook and StatefulSet", () => startNeighbours(lab, run.log));
    stack.configure(NEIGHBOUR_CONFIG);
    await begin(run);
    await run.step("they serve, and API servers call them", () => registerNeighbours(lab));
    await run.step("start everything that uses the cluster", () => run.startClients({ neighbours: true }));
    run.startProbing();
    await look(run, "before");
    await refusedByBudget(run);
    for (const phase of ["trust", "issue", "done"] as const) {
      const trusted = phase === "done" ? ["g2"] : [casOf(run), "g2"];
      await goTo(run, phase, { configure: rotateTo(2, phase), trusted });
      await look(run, phase);
    }
    const clients = await run.stopClients();
    assertUndisturbed(lab, clients, await run.stopProbing());
    assertNeighboursUndisturbed(lab.topology, clients);
  },
};
