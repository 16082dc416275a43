import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { applyWhy } from "../../../core/protocol/applyWhy";
import { NODE_STEPS, NODE_STEP_NAMES, type NodeStep } from "../../../core/protocol/nodeSteps";
import { trustEffects, trustSummary } from "../../../core/protocol/trust";
import { configWith, NOW } from "../fixture";

const config = configWith({ rotation: { generation: 2 } });
const cluster = planCluster(config, NOW);
const cp1 = cluster.nodes[0]!;

const restarts = (step: NodeStep): string[] =>
  [...NODE_STEPS[step].effects(cluster, cp1, config)].flatMap(([name, { need }]) => (need === "restart" ? [name] : []));
const why = (step: NodeStep): string | undefined =>
  NODE_STEPS[step].why(cluster, cp1, config, { before: "", after: "leaf scheduler 1-00000000-g2 1 2 ca:kubernetes\n" });

describe("steps on nodes", () => {
  it("are in this order, and ask a node for these verbs", () => {
    assert.deepEqual(
      NODE_STEP_NAMES.map((name) => [name, NODE_STEPS[name].verb]),
      [
        ["lay-trust", "lay"],
        ["trust", "trust"],
        ["mounts", "check"],
        ["lay", "lay"],
        ["apply", "apply"],
        ["serving", "check"],
        ["tokens", "check"],
        ["check", "check"],
        ["retire", "trust"],
      ],
    );
  });

  it("that look change nothing, and have nothing to say before", () => {
    for (const step of ["mounts", "check"] as const) assert.deepEqual([restarts(step), why(step)], [[], undefined]);
  });

  it("that lay files restart nothing, and leave what there is to say to the step that starts them", () => {
    for (const step of ["lay-trust", "lay"] as const) assert.deepEqual([restarts(step), why(step)], [[], undefined]);
  });

  it("that change trust do and say what their own payload does", () => {
    for (const step of ["trust", "retire"] as const) {
      const effects = trustEffects(step, cluster, cp1, config);
      assert.ok(effects.size > 0);
      assert.deepEqual(NODE_STEPS[step].effects(cluster, cp1, config), effects);
      assert.equal(why(step), trustSummary(step, cluster, cp1, config));
    }
    assert.notEqual(why("trust"), why("retire"));
  });

  it("that renew tokens restart the kubelet, and say on which node", () => {
    assert.deepEqual(restarts("tokens"), ["kubelet"]);
    assert.equal(
      why("tokens"),
      "cp1: restarts kubelet (its pods get tokens of the new key, where they still hold old ones)",
    );
  });

  it("that have kubelets ask for serving certificates restart them, and say on which node", () => {
    assert.deepEqual(restarts("serving"), ["kubelet"]);
    assert.equal(
      why("serving"),
      "cp1: restarts kubelet (it asks for a serving certificate, where the old CA signed the one it has)",
    );
  });

  it("that apply say which certificates are issued anew: what restarts follows from them", () => {
    assert.deepEqual(restarts("apply"), []);
    assert.equal(why("apply"), applyWhy(cp1, config, "", "leaf scheduler 1-00000000-g2 1 2 ca:kubernetes\n"));
    assert.match(why("apply") ?? "", /^cp1: scheduler: new/);
  });
});
