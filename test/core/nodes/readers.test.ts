import assert from "node:assert/strict";
import { nodeEffects, restartTexts, type Change } from "../../../core/nodes/effects";
import { planCluster } from "../../../core/plan";
import { config, problems, type Raw } from "../config/fixtures";
import { configWith, NOW } from "../fixture";

const ADMIN = "/etc/kubernetes/admin.conf";
const vip = { kind: "static-pod", name: "kube-vip", reads: [ADMIN] };

const planned = (changes: Raw = {}) => {
  const own = configWith({ rollout: { readers: [vip] }, rotation: { generation: 2 }, ...changes });
  return { config: own, cluster: planCluster(own, NOW) };
};

const restarts = (name: string, changes: Raw = {}, change: Change = "any"): string[] => {
  const { config: own, cluster } = planned(changes);
  const node = cluster.nodes.find((each) => each.node.name === name);
  assert.ok(node);
  return restartTexts(nodeEffects(node.files, node, own, change)).filter((text) => text.startsWith("kube-vip"));
};

describe("other programs that read files of the stack", () => {
  it("restart where they run, when what they read changes, and a preview says why", () => {
    assert.deepEqual(restarts("cp1"), [`kube-vip (it reads ${ADMIN})`]);
    assert.deepEqual(restarts("w1"), []);
    assert.deepEqual(restarts("w1", { rollout: { readers: [{ ...vip, roles: ["worker"], reads: ["/etc/x"] }] } }), []);
  });

  it("restart under no policy that forbids it, and not for a CA that goes", () => {
    assert.deepEqual(restarts("cp1", { restart: "never", rotation: { generation: 2, phase: "trust" } }), []);
    const never = planned({ restart: "never", rotation: { generation: 2, phase: "trust" } });
    const [cp1] = never.cluster.nodes;
    assert.ok(cp1 && !nodeEffects(cp1.files, cp1, never.config).has("kube-vip"));
    assert.deepEqual(restarts("cp1", {}, "removal"), []);
    assert.deepEqual(restarts("cp1", { restart: "always" }, "removal").length, 1);
  });

  it("are refused where the layout has them, and when they are listed twice", () => {
    const given = (readers: readonly Raw[]): readonly string[] => problems(config({ rollout: { readers } }));
    assert.deepEqual(given([vip]), []);
    assert.deepEqual(given([vip, { ...vip, name: "kubelet" }, vip]), [
      "rollout.readers[1].name: kubelet; must be a program beside the layout's services; those are restarted by themselves: remove it",
      "rollout.readers[2].name: kube-vip is rollout.readers[0] too; must be listed once",
    ]);
    assert.deepEqual(given([{ ...vip, reads: ["admin.conf"] }]), [
      'rollout.readers[0].reads[0]: "admin.conf"; must be an absolute path below /etc, /var/lib, /opt, /usr/local or /srv',
    ]);
  });
});
