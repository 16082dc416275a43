import assert from "node:assert/strict";
import type { WorkersJob } from "../../../../core/cluster/job";
import { visitOf } from "../../../../core/cluster/tasks/visits";
import { FakeCluster } from "../fakeKube";

const NAME = "kube-pki-workers";
const LABELS = { "kube-pki/workers": NAME };

const MANIFEST = {
  kind: "DaemonSet",
  metadata: { name: NAME, namespace: "ops", generation: 1 },
  spec: {
    updateStrategy: { rollingUpdate: { maxUnavailable: "@at-once@" } },
    template: { metadata: { labels: { "kube-pki/revision": "@revision@" } } },
    work: `${NAME}-@revision@`,
  },
};

interface Applied {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly spec?: {
    readonly updateStrategy: { readonly rollingUpdate: { readonly maxUnavailable: number | string } };
    readonly template: { readonly metadata: { readonly labels: Readonly<Record<string, string>> } };
    readonly work: string;
  };
}

const pod = (node: string, revision: string, status: object, name = `pod-${node}`) => ({
  metadata: { name, namespace: "ops", labels: { ...LABELS, "kube-pki/revision": revision } },
  spec: { nodeName: node },
  status,
});
const READY = { conditions: [{ type: "Ready", status: "True" }] };
const failed = (message: string) => ({ initContainerStatuses: [{ state: { terminated: { exitCode: 1, message } } }] });
const waits = (reason: string) => ({ initContainerStatuses: [{ state: { waiting: { reason } } }] });

/** With the DaemonSet's controller: every node has a pod of the revision that was applied last. */
class WithWorkers extends FakeCluster {
  readonly status: Record<string, object> = {};

  constructor(private nodes: readonly string[]) {
    super();
    this.after(/^apply/, () => {
      this.control();
    });
  }

  control(nodes: readonly string[] = this.nodes): void {
    this.nodes = nodes;
    const set = this.find("daemonsets.apps", NAME) as Applied;
    const revision = set.spec?.template.metadata.labels["kube-pki/revision"] ?? "";
    for (const node of nodes) this.put("pods", pod(node, revision, this.status[node] ?? READY));
    const ready = nodes.filter((node) => this.status[node] === undefined).length;
    const counts = {
      desiredNumberScheduled: nodes.length,
      updatedNumberScheduled: nodes.length,
      numberAvailable: ready,
    };
    this.put("daemonsets.apps", { ...set, status: { observedGeneration: 1, ...counts } });
  }

  roll(
    { steps = ["a template\n"], ...changes }: Partial<WorkersJob> = {},
    tasks: readonly ("workers" | "workers-remove")[] = ["workers"],
  ) {
    const workers = { namespace: "ops", manifest: MANIFEST, atOnce: "25%", canary: true, steps, ...changes };
    return this.work({ tasks, workers });
  }

  get sent(): readonly Applied[] {
    return this.bodies.filter((body) => typeof body === "object" && body !== null && "kind" in body) as Applied[];
  }

  get waves(): readonly (string | number)[] {
    return this.sent.map(({ kind, spec }) => spec?.updateStrategy.rollingUpdate.maxUnavailable ?? kind);
  }
}

describe("task workers", () => {
  let cluster: WithWorkers;
  beforeEach(() => {
    cluster = new WithWorkers(["w1", "w2"]);
  });

  it("begins with pods that change nothing, then one node alone, then the rest", async () => {
    const done = await cluster.roll();
    assert.equal(done.why, "");
    assert.match(done.reported, /^workers 2\ntask workers done\ndone$/);
    const [placing, placed, working, ...rolled] = cluster.sent;
    assert.ok(placing && placed && working);
    assert.deepEqual(placing.binaryData, { "node.sh.gz": "c2NyaXB0" });
    assert.equal(placed.spec?.work, placing.metadata.name);
    assert.deepEqual(working.binaryData, {
      "node.sh.gz": "c2NyaXB0",
      "step-1": Buffer.from("a template\n").toString("base64"),
    });
    for (const each of rolled) assert.equal(each.spec?.work, working.metadata.name);
    assert.deepEqual(cluster.waves, ["ConfigMap", "100%", "ConfigMap", 1, "25%"]);
    assert.notEqual(placing.metadata.name, working.metadata.name);
  });

  it("takes a number of nodes at once for a number", async () => {
    await cluster.roll({ atOnce: "3" });
    assert.equal(cluster.waves.at(-1), 3);
  });

  it("goes on with a DaemonSet that is there, without a canary where none is wanted", async () => {
    await cluster.roll();
    const before = cluster.sent.length;
    assert.equal((await cluster.roll({ steps: ["another"], canary: false })).why, "");
    assert.deepEqual(cluster.waves.slice(before), ["ConfigMap", "25%"]);
    const kept = cluster.changes.filter((change) => change.startsWith("remove configmaps"));
    assert.equal(kept.length, 2, "that of placing, and that of the step before");
    assert.equal((await cluster.roll({ steps: ["another"], canary: false })).why, "");
    assert.deepEqual(cluster.waves.slice(before), ["ConfigMap", "25%", "25%"]);
  });

  it("stops the wave where a node fails, with its sentence, and lets it try again in the next run", async () => {
    cluster.status["w2"] = failed('w2: /etc/kubernetes/kubelet.conf: "none"\n');
    const done = await cluster.roll();
    assert.equal(
      done.why,
      'w2: /etc/kubernetes/kubelet.conf: "none"; 1 of 2 nodes without ssh are done and no other one begins: ' +
        "repair this, then run again",
    );
    assert.equal(done.seconds, 0);
    assert.deepEqual(cluster.bodies.at(-1), { spec: { updateStrategy: { type: "OnDelete", rollingUpdate: null } } });
    Reflect.deleteProperty(cluster.status, "w2");
    const again = await cluster.roll();
    assert.equal(again.why, "");
    assert.match(again.said, /w2 tries again/);
    assert.ok(cluster.changes.includes("remove pods ops/pod-w2"));
  });

  it("lets nothing but pods that change nothing begin where pods of before are not ready", async () => {
    await cluster.roll();
    const before = cluster.sent.length;
    cluster.put("pods", pod("w1", "0a1b2c3d", waits("ImagePullBackOff")));
    assert.equal((await cluster.roll({ steps: ["another"] })).why, "");
    assert.deepEqual(cluster.waves.slice(before), ["ConfigMap", "100%", "ConfigMap", 1, "25%"]);
  });

  it("names nodes that are waited for in vain, and why their pods do", async () => {
    const nodes = ["w1", "w2", "w3", "w4", "w5", "w6", "w7"];
    cluster = new WithWorkers(nodes);
    for (const name of nodes.slice(1)) cluster.status[name] = {};
    cluster.status["w3"] = waits("ImagePullBackOff");
    const done = await cluster.roll();
    assert.equal(
      done.why,
      "w2 (pod pod-w2), w3 (pod pod-w3, waits: ImagePullBackOff), w4 (pod pod-w4), w5 (pod pod-w5), " +
        "w6 (pod pod-w6) and 1 more were not done within 180 s (1 of 7 nodes without ssh are done): " +
        "repair that, or remove the node from the cluster (kubectl delete node), then run again",
    );
    assert.match(done.said, /nodes without ssh: 1 of 7 are done/);
  });

  it("goes on as long as another node gets done", async () => {
    cluster.status["w1"] = cluster.status["w2"] = {};
    for (const [at, node] of [
      [170, "w1"],
      [340, "w2"],
    ] as const)
      cluster.later(at, () => {
        Reflect.deleteProperty(cluster.status, node);
        cluster.control();
      });
    const done = await cluster.roll();
    assert.deepEqual([done.why, done.seconds], ["", 340]);
  });

  it("is done where there is no such node, or nothing to do", async () => {
    cluster = new WithWorkers([]);
    assert.match((await cluster.roll()).reported, /^workers 0$/m);
    const idle = new WithWorkers(["w1"]);
    assert.equal((await idle.roll({ steps: [] })).why, "");
    assert.deepEqual(idle.changes, []);
  });

  it("takes everything out of the cluster at the end", async () => {
    await cluster.roll();
    const before = cluster.changes.length;
    assert.equal((await cluster.roll({ steps: [] }, ["workers", "workers-remove"])).why, "");
    const [first, second, ...none] = cluster.changes.slice(before);
    assert.equal(first, `remove daemonsets.apps ops/${NAME}`);
    assert.match(second ?? "", /^remove configmaps ops\/kube-pki-workers-[0-9a-f]{8}$/);
    assert.deepEqual(none, []);
  });
});

describe("what a pod says of its node", () => {
  for (const [title, status, expected] of [
    ["failed", failed("w: no room\n"), ["failed", "w: no room"]],
    [
      "failed without a word",
      { initContainerStatuses: [{ state: { terminated: { exitCode: 2, reason: "OOMKilled" } } }] },
      ["failed", "OOMKilled"],
    ],
    [
      "failed, and waits to be tried again",
      {
        initContainerStatuses: [
          {
            lastState: { terminated: { exitCode: 1, message: "why" } },
            state: { waiting: { reason: "CrashLoopBackOff" } },
          },
        ],
      },
      ["failed", "why"],
    ],
    ["waits for its image", waits("ImagePullBackOff"), ["waits", "waits: ImagePullBackOff"]],
    [
      "waits for its second container",
      { containerStatuses: [{ state: { waiting: { reason: "ErrImagePull" } } }] },
      ["waits", "waits: ErrImagePull"],
    ],
    ["works", { containerStatuses: [{ state: { waiting: { reason: "PodInitializing" } } }] }, ["waits", ""]],
    [
      "is placed nowhere",
      { conditions: [{ type: "PodScheduled", status: "False", message: "no node" }] },
      ["waits", "waits: no node"],
    ],
    [
      "has done one of its steps",
      { initContainerStatuses: [{ state: { terminated: { exitCode: 0 } } }] },
      ["waits", ""],
    ],
    [
      "is placed, and not ready",
      {
        conditions: [
          { type: "Ready", status: "False", message: "no" },
          { type: "PodScheduled", status: "True", message: "placed" },
        ],
      },
      ["waits", ""],
    ],
    ["is ready", READY, ["ready", ""]],
  ] as const)
    it(title, () => {
      const { state, why } = visitOf(pod("w", "r", status), "r");
      assert.deepEqual([state, why], expected);
    });
});
