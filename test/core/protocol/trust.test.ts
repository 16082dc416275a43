import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import {
  shutdownAdvice,
  trustPayload,
  trustSummary,
  type Generations,
  type TrustStep,
} from "../../../core/protocol/trust";
import { configWith, hardwayConfig, NOW } from "../fixture";

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
  const text = trustPayload(step, plan, at, config, GENERATIONS, step === "retire" ? "round1" : undefined);
  return text.split("\n").slice(1);
};

const starting = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.startsWith(`${word} `));
const partText = (lines: readonly string[], name: string): string | undefined => {
  const at = lines.findIndex((line) => line.startsWith(`part ${name} `));
  return at < 0 ? undefined : lines.slice(at + 1, at + 1 + Number(lines[at]?.split(" ")[2])).join(" ");
};
const CA = "/etc/kubernetes/pki/ca.crt";
const SA = "/etc/kubernetes/pki/sa.pub";

describe("trust payload", () => {
  const rotation = { generation: 2 };

  it("asks for both generations while a rotation is open, the same in both phases: going on visits no node", () => {
    const [trust, issue] = ["trust", "issue"].map((phase) => payload("trust", { rotation: { ...rotation, phase } }));
    assert.ok(trust !== undefined);
    assert.deepEqual(issue, trust);
    assert.equal(partText(trust, "ca:kubernetes"), "K1 K2");
    assert.equal(partText(trust, "serviceaccount:public"), "S1 S2");
    const first = payload("trust", { adopt, rotation: { generation: 1, phase: "trust" } });
    assert.equal(partText(first, "ca:kubernetes"), "K1");
  });

  it("differs between done and what came before, so that undoing a retirement brings the old back", () => {
    assert.notDeepEqual(
      payload("trust", { rotation }),
      payload("trust", { rotation: { ...rotation, phase: "issue" } }),
    );
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

  it("takes away the keys of the CAs that are retired, and no others", () => {
    const keys = (step: TrustStep, given: Readonly<Record<string, unknown>>) =>
      starting(payload(step, { rotation: given }), "retirekey");
    const all = [
      "retirekey /etc/kubernetes/pki/ca.key ca:kubernetes keep",
      "retirekey /etc/kubernetes/pki/front-proxy-ca.key ca:frontproxy keep",
      "retirekey /etc/kubernetes/pki/etcd/ca.key ca:etcd keep",
    ];
    assert.deepEqual(keys("retire", rotation), all);
    assert.deepEqual(keys("trust", rotation), []);
    assert.deepEqual(keys("retire", { ...rotation, phase: "issue", etcd: { phase: "done" } }), [all[2]]);
    assert.deepEqual(
      keys("retire", { ...rotation, retiredKeys: "destroy" }),
      all.map((line) => line.replace("keep", "destroy")),
    );
  });

  it("leaves only what the rotation leads to once it is done, and nothing is retired before", () => {
    const lines = payload("retire", { rotation: { ...rotation, phase: "issue", etcd: { phase: "done" } } });
    assert.deepEqual(starting(lines, "trust"), ["trust ca:etcd retire"]);
    assert.equal(partText(lines, "ca:etcd"), "E2");
    assert.deepEqual(starting(lines, "kubeconfig-ca"), []);
  });

  it("gives the controller manager files of its own before ca.crt holds two certificates", () => {
    const lines = payload("trust", { rotation });
    assert.ok(
      lines.includes(
        "seed /etc/kubernetes/pki/ca-signing.crt 0644 /etc/kubernetes/pki/ca.crt /etc/kubernetes/pki/ca.key",
      ),
    );
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

  it("guards the token key as it guards CAs", () => {
    assert.deepEqual(starting(payload("trust", { rotation }), "guard").slice(-1), [
      `guard ${SA} serviceaccount:public,serviceaccount:public:g1`,
    ]);
    const third = payload("trust", { rotation: { generation: 3 } });
    assert.ok(third.includes(`stale ${SA} serviceaccount:public:g1`));
    assert.equal(partText(third, "serviceaccount:public:g2"), "S2");
    assert.ok(payload("retire", { rotation }).includes(`guard ${SA} serviceaccount:public`));
  });

  it("takes a token key over unseen, or by its fingerprint", () => {
    const unseen = payload("trust", { adopt: { ...adopt, serviceAccount: true } });
    assert.ok(!unseen.some((line) => /^(?:guard|pin) /.test(line) && line.includes(SA)));
    const pinned = payload("trust", { adopt: { ...adopt, serviceAccount: PIN } });
    assert.ok(pinned.includes(`guard ${SA} serviceaccount:public`) && pinned.includes(`pin ${SA} ${PIN}`));
    const second = payload("trust", { adopt: { ...adopt, serviceAccount: true }, rotation });
    assert.ok(second.includes(`guard ${SA} serviceaccount:public,serviceaccount:public:g1`));
  });

  it("has what comes trusted before it is presented where nobody restarts anything", () => {
    const force = ["restarts"];
    const guards = (changes: object) => {
      const lines = payload("trust", { restart: "never", ...changes });
      return [...starting(lines, "guard"), ...starting(lines, "pin")].filter((line) => line.includes(` ${CA} `));
    };
    assert.deepEqual(guards({ rotation: { ...rotation, force } }), [`guard ${CA} ca:kubernetes`]);
    assert.deepEqual(guards({ adopt, rotation: { force } }), [`guard ${CA} ca:kubernetes`]);
    assert.deepEqual(guards({ rotation: { ...rotation, phase: "trust" } }), [
      `guard ${CA} ca:kubernetes,ca:kubernetes:g1`,
    ]);
  });

  it("names the round in retire only: what a run that was cut has brought is taken away once more", () => {
    assert.ok(payload("retire", { rotation }).includes("round round1"));
    assert.deepEqual(starting(payload("trust", { rotation }), "round"), []);
  });

  it("says in one line what it leads to and restarts, and what would make that gentler", () => {
    const config = configWith({ rotation: { generation: 2, etcd: { phase: "trust" } } });
    const plan = planCluster(config, NOW);
    const [cp1, worker] = [plan.nodes[0]!, plan.nodes[3]!];
    assert.equal(
      trustSummary("trust", plan, worker, config),
      "w1: adds kubernetes generation 2 to what it trusts; where its files change, restarts kubelet " +
        "(its transport is built once at start)",
    );
    assert.match(
      trustSummary("trust", plan, { ...worker, node: { ...worker.node, joining: true } }, config),
      /restarts kubelet \(its transport is built once at start\) where they run already$/,
    );
    assert.equal(
      trustSummary("retire", plan, cp1, config),
      "cp1: trusts only kubernetes generation 2, frontProxy generation 2, serviceAccount generation 2; where its files change, restarts " +
        "kube-apiserver (read once at start), " +
        "kube-controller-manager (read once at start, kubernetes/kubernetes#137410)",
    );
    assert.match(
      shutdownAdvice(config) ?? "",
      /^rollout\.apiServerShutdownFlags: false; .* with true each still answers/,
    );
    assert.equal(shutdownAdvice(configWith({ rollout: { apiServerShutdownFlags: true } })), undefined);
    const [only] = config.nodes;
    assert.equal(shutdownAdvice({ ...config, nodes: only === undefined ? [] : [only] }), undefined);
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
    assert.ok(lines.includes("seed /var/lib/kubernetes/ca-signing.key 0600 /var/lib/kubernetes/ca.key -"));
    assert.deepEqual(starting(lines, "before"), []);
  });

  it("restarts other programs that read what it writes, after the services", () => {
    const readers = [{ kind: "static-pod", name: "kube-vip", reads: ["/etc/kubernetes/admin.conf"] }];
    const lines = payload("trust", { rollout: { readers }, rotation: { generation: 2 } });
    assert.equal(starting(lines, "consumer").at(-1), "consumer kube-vip static-pod kube-vip");
    assert.ok(lines.includes("use kube-vip restart /etc/kubernetes/admin.conf"));
  });
});
