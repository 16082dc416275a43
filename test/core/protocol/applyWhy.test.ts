import assert from "node:assert/strict";
import { planCluster, type NodePlan } from "../../../core/plan";
import { applyWhy } from "../../../core/protocol/applyWhy";
import { configWith, NOW } from "../fixture";

const config = configWith();
const [cp1] = planCluster(config, NOW).nodes;
assert.ok(cp1);

/** As much of a payload as tells which leaves there are. */
const payload = (plan: NodePlan, change: (profile: string, id: string) => string = (_profile, id) => id): string =>
  plan.leaves.map(({ profile, id }) => `leaf ${profile} ${change(profile, id)} 1 2 ca:kubernetes\n`).join("");
const earlier = (id: string): string => id.replace(/^-?\d+/, (period) => String(Number(period) - 1));

describe("why an apply runs", () => {
  it("says nothing where no certificate is another one", () => {
    assert.equal(applyWhy(cp1, config, payload(cp1), payload(cp1)), undefined);
  });

  it("names what is new and what is due, with what restarts for it and why", () => {
    const before = payload(cp1, (profile, id) => (profile === "scheduler" ? earlier(id) : id));
    assert.match(
      applyWhy(cp1, config, before, payload(cp1)) ?? "",
      /^cp1: scheduler: due for renewal since [\d-]+ \(period -?\d+ -> -?\d+\); restarts kube-scheduler \(inline data is read once at start\)$/,
    );
    const first = applyWhy(cp1, config, "", payload(cp1)) ?? "";
    assert.match(first, /^cp1: apiserver, [a-z, -]*\bkubelet-server\b[a-z, -]*: new; restarts /);
  });

  it("gives certificates with one reason together", () => {
    const before = payload(cp1, (profile, id) => (profile.startsWith("etcd") ? earlier(id) : `${id}0`));
    const reasons = (applyWhy(cp1, config, before, payload(cp1)) ?? "").split("; ");
    assert.match(reasons[1] ?? "", /^etcd-server, etcd-peer, etcd-healthcheck-client: due for renewal/);
  });
});
