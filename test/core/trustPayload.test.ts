import assert from "node:assert/strict";
import { planCluster } from "../../core/plan";
import { trustPayload, type Generations, type TrustStep } from "../../core/trustPayload";
import { configWith, hardwayConfig, NOW } from "./fixture";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };

const GENERATIONS: Generations = {
  kubernetes: ["K1", "K2", "K3"],
  etcd: ["E1", "E2", "E3"],
  frontProxy: ["F1", "F2", "F3"],
  serviceAccount: ["S1", "S2", "S3"],
};

const payload = (step: TrustStep, changes: Readonly<Record<string, unknown>>, node = "cp1"): string[] => {
  const config = configWith(changes);
  const plan = planCluster(config, NOW);
  const at = plan.nodes.find((each) => each.node.name === node)!;
  return trustPayload(step, plan, at, config, GENERATIONS).split("\n").slice(1);
};

const starting = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `));
const partText = (lines: readonly string[], name: string): string | undefined =>
  lines[lines.findIndex((line) => line.startsWith(`part ${name} `)) + 1];

describe("trust payload", () => {
  const rotation = { generation: 2 };

  it("stays the same over the phases of one generation, so that going on visits no node twice", () => {
    const [trust, issue, done] = ["trust", "issue", "done"].map((phase) =>
      payload("trust", { rotation: { ...rotation, phase } }),
    );
    assert.deepEqual(issue, trust);
    assert.deepEqual(done, trust);
  });

  it("adds what the rotation leads to, and holds no leaf", () => {
    const lines = payload("trust", { rotation });
    assert.equal(partText(lines, "ca:kubernetes"), "K2");
    assert.equal(partText(lines, "serviceaccount:public"), "S2");
    assert.deepEqual(
      starting(lines, "trust"),
      ["ca:kubernetes", "ca:etcd", "ca:frontproxy", "serviceaccount:public"].map((part) => `trust ${part} append`),
    );
    assert.deepEqual(starting(lines, "leaf"), []);
    assert.ok(starting(lines, "file").every((line) => /(?:ca:[a-z]+|serviceaccount:public)$/.test(line)));
    assert.ok(lines.includes("kubeconfig-ca /etc/kubernetes/kubelet.conf ca:kubernetes"));
  });

  it("leaves only what the rotation leads to once it is done, and nothing is retired before", () => {
    const lines = payload("retire", { rotation: { ...rotation, phase: "issue", etcd: { phase: "done" } } });
    assert.deepEqual(starting(lines, "trust"), ["trust ca:etcd exact"]);
    assert.equal(partText(lines, "ca:etcd"), "E2");
    assert.deepEqual(starting(lines, "kubeconfig-ca"), []);
  });

  it("gives the controller manager files of its own before ca.crt holds two certificates", () => {
    const lines = payload("trust", { rotation });
    assert.ok(lines.includes("seed /etc/kubernetes/pki/ca-signing.crt 0644 /etc/kubernetes/pki/ca.crt"));
    assert.ok(
      lines.includes(
        "replaceflag kube-controller-manager --cluster-signing-cert-file=/etc/kubernetes/pki/ca-signing.crt",
      ),
    );
    const etcdOnly = payload("trust", { rotation: { etcd: { generation: 2 } } });
    assert.deepEqual(starting(etcdOnly, "seed"), []);
  });

  it("refuses a node that is two generations behind, except by the clock", () => {
    const lines = payload("trust", { rotation: { generation: 3 } });
    const path = "/etc/kubernetes/pki/ca.crt";
    assert.ok(lines.includes(`guard ${path} ca:kubernetes,ca:kubernetes:g2`));
    assert.ok(lines.includes(`stale ${path} ca:kubernetes:g1`));
    const clock = { rotateEvery: "30d", since: "2026-09-01T00:00:00Z" };
    const byClock = payload("trust", { rotation: clock });
    assert.ok(byClock.includes(`guard ${path} ca:kubernetes,ca:kubernetes:g1,ca:kubernetes:g2`));
    assert.deepEqual(starting(byClock, "stale"), []);
  });

  it("names the CA that is taken over, and only in the first rotation", () => {
    assert.ok(payload("trust", { adopt }).includes(`pin /etc/kubernetes/pki/ca.crt ${PIN}`));
    assert.deepEqual(starting(payload("trust", { adopt, rotation }), "pin"), []);
  });

  it("concerns kubeconfigs whose leaves are not the stack's too: nobody else tells them of the new CA", () => {
    const lines = payload("trust", { adopt, rotation: { generation: 1, phase: "trust" } });
    assert.ok(lines.includes("kubeconfig-ca /etc/kubernetes/scheduler.conf ca:kubernetes"));
    assert.ok(lines.includes("have /etc/kubernetes/scheduler.conf cert:scheduler,key:scheduler ca:kubernetes"));
  });

  it("restarts in retire what minds, and spends none on what only forgets", () => {
    const restarted = (step: TrustStep) =>
      new Set(
        starting(payload(step, { rotation }), "use").flatMap((line) =>
          line.includes(" restart ") ? [line.split(" ")[1]] : [],
        ),
      );
    assert.deepEqual([...restarted("trust")].sort(), [
      "etcd",
      "kube-apiserver",
      "kube-controller-manager",
      "kube-scheduler",
      "kubelet",
    ]);
    assert.deepEqual([...restarted("retire")].sort(), ["etcd", "kube-apiserver", "kube-controller-manager"]);
  });

  it("moves etcd and its API server as one, and watches the other members", () => {
    const lines = payload("trust", { rotation });
    assert.deepEqual(starting(lines, "before"), ["before etcd kube-apiserver"]);
    assert.deepEqual(starting(lines, "member"), ["member etcd 10.0.0.12:2379", "member etcd 10.0.0.13:2379"]);
  });

  it("tells where the lease is that a leader would keep: here, and elsewhere while this API server is away", () => {
    const lines = payload("trust", { rotation });
    assert.deepEqual(starting(lines, "lease"), [
      "lease kube-controller-manager 10.0.0.11:6443 kube-system/kube-controller-manager controller-manager",
      "lease kube-controller-manager api.example.com:6443 kube-system/kube-controller-manager controller-manager",
    ]);
    const alone = payload("trust", {
      rotation,
      certificates: { profiles: { "controller-manager": { enabled: false } } },
    });
    assert.deepEqual(starting(alone, "lease"), []);
  });

  it("knows the hard way's places", () => {
    const config = { ...hardwayConfig(), rotation: configWith({ rotation }).rotation };
    const plan = planCluster(config, NOW);
    const cp1 = plan.nodes.find(({ node }) => node.name === "cp1")!;
    const lines = trustPayload("trust", plan, cp1, config, GENERATIONS).split("\n");
    assert.ok(lines.includes("trust ca:etcd append"));
    assert.ok(lines.includes("seed /var/lib/kubernetes/ca-signing.key 0600 /var/lib/kubernetes/ca.key"));
    assert.deepEqual(starting(lines, "before"), []);
  });
});
