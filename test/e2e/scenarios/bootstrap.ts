import assert from "node:assert/strict";
import { assertClusterWorks, assertProven } from "../checks";
import { configureFor } from "../labConfig";
import type { Scenario } from "../scenario";

/** Starting point (b): nothing there yet. */
export const bootstrap: Scenario = {
  name: "bootstrap",
  proves: "the first up lays the whole PKI on bare nodes, the services start from it, and it renews like any other",
  topologies: ["hardway"],
  bare: true,
  play: async (run) => {
    const { lab, stack } = run;
    await configureFor(stack, lab, "bare");
    await run.up("pulumi up on bare nodes");
    await run.step("etcd, the control planes and the kubelet start", () => lab.startServices());
    await assertClusterWorks(lab);
    const first = await stack.certificates();
    // a moment by which the last of the nodes is due
    const latest = Math.max(...first.map(({ nextRenewal }) => Date.parse(nextRenewal)));
    stack.configure({ asOf: new Date(latest).toISOString() });
    await run.up("pulumi up later: everything is renewed on the running cluster");
    const second = await stack.certificates();
    const old = new Set(first.map(({ serial }) => serial));
    assert.ok(second.every(({ serial }) => !old.has(serial)));
    run.counts["certificates renewed"] = second.length;
    await assertProven(lab, second);
    await assertClusterWorks(lab);
  },
};
