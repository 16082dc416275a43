import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { renewsServing, servingPayload } from "../../../core/protocol/serving";
import { configWith, NOW } from "../fixture";

const PIN = "ab".repeat(32);
const APPROVING = {
  inCluster: { approveKubeletServing: true },
  certificates: { profiles: { "kubelet-server": { enabled: false } } },
};
const renews = (changes: Readonly<Record<string, unknown>>): boolean =>
  renewsServing(configWith({ ...APPROVING, ...changes }));

describe("serving payload", () => {
  it("is for when the new CA signs, where the stack approves and may restart kubelets", () => {
    const rotation = { generation: 2 };
    assert.ok(renews({ rotation }));
    assert.ok(renews({ rotation: { generation: 2, phase: "issue" } }));
    assert.ok(renews({ adopt: { kubernetes: PIN, etcd: PIN, frontProxy: PIN } }));
    assert.ok(!renews({}));
    assert.ok(!renews({ rotation: {} }));
    assert.ok(!renews({ rotation: { generation: 2, phase: "trust" } }));
    assert.ok(!renews({ rotation: { generation: 2, kubernetes: { phase: "trust" } } }));
    assert.ok(!renews({ rotation: { frontProxy: { generation: 2 } } }));
    assert.ok(!renews({ rotation, inCluster: {} }));
    assert.ok(!renews({ restart: "never", rotation: { ...rotation, force: ["restarts"] } }));
  });

  it("names the kubelet, what proves it, the CA that stays and those that go", () => {
    const config = configWith({ ...APPROVING, rotation: { generation: 2 } });
    const plan = planCluster(config, NOW).nodes[0]!;
    const lines = servingPayload(plan, config, { final: "NEW\n", old: "OLD\n" }).split("\n");
    assert.deepEqual(lines.slice(1), [
      "node cp1",
      "part ca:kubernetes 1",
      "NEW",
      "part old:kubernetes 1",
      "OLD",
      "serving renew",
      "consumer kubelet systemd kubelet",
      "health kubelet http 127.0.0.1:10248 /healthz -",
      "",
    ]);
    assert.ok(!servingPayload(plan, config, { final: "NEW\n", old: "" }).includes("old:"));
  });
});
