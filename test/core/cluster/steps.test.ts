import assert from "node:assert/strict";
import { SIGNING_FLAGS } from "../rotationFlags";
import type { Facts } from "../../../core/cluster/facts";
import { clusterPayload, sinceOf } from "../../../core/cluster/payload";
import { clusterSteps, HOOKS } from "../../../core/cluster/steps";
import { planCluster } from "../../../core/plan";
import type { Config } from "../../../core/schema/config";
import { makeCa } from "../config/fixtures";
import { configWith, hardwayConfig, NOW } from "../fixture";

const PIN = "ab".repeat(32);
const OTHERS: Facts["others"] = [{ authority: "etcd", ca: "ETCD", old: "OLD ETCD" }];
const FACTS = {
  ca: "NEW",
  final: "NEW",
  rotating: "NEW\nOLD",
  old: "OLD",
  others: OTHERS,
  frontProxy: "FRONT",
  tokenKid: "a-Kid_1",
  since: 42,
};
const WEBHOOK = { kind: "ValidatingWebhookConfiguration", name: "checks.example.com" };

/** Between the phases of nodes, `/` where a step waits for those before it. */
const nouns = (config: Config) => {
  const at = HOOKS.map((hook) =>
    clusterSteps(hook, config)
      .map(({ nameSuffix }) => nameSuffix)
      .join(" "),
  );
  return [at.slice(0, 3), at.slice(3, 7), at.slice(7)].map((each) => each.filter(Boolean).join(" / "));
};

const jobOf = (
  nameSuffix: string,
  changes: Readonly<Record<string, unknown>>,
  facts: Partial<typeof FACTS> = FACTS,
) => {
  const config = configWith(changes);
  const step = HOOKS.flatMap((hook) => clusterSteps(hook, config)).find((each) => each.nameSuffix === nameSuffix);
  assert.ok(step, `no step ${nameSuffix}`);
  const node = planCluster(config, NOW).nodes.find(({ node: { name } }) => name === "cp1")!;
  return clusterPayload(step, node, config, facts).job;
};

describe("in-cluster steps", () => {
  const rotation = { generation: 2 };
  const PUBLISHED = "root-ca / mounted-elsewhere";
  const LISTED = { restart: [{ kind: "Deployment", namespace: "shop", name: "till" }] };
  const SERVING = {
    inCluster: { approveKubeletServing: true },
    certificates: { profiles: { "kubelet-server": { enabled: false } } },
  };
  const WORKERS = { workers: { image: "busybox:1.37.0" } };
  const VISITED = ["cp1", "cp2", "cp3", "w1", "w2", "w3"];
  const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
  const CASES: Record<string, [changes: Readonly<Record<string, unknown>>, expected: string[]]> = {
    "nothing without rotation": [{}, ["", "", ""]],
    "nothing at generation 1": [{ rotation: {} }, ["", "", ""]],
    "nothing where it is turned off": [{ rotation, inCluster: { enabled: false } }, ["", "", ""]],
    "trust: pods get to know the new CA": [{ rotation: { ...rotation, phase: "trust" } }, [PUBLISHED, "", ""]],
    "issue: nothing more": [{ rotation: { ...rotation, phase: "issue" } }, [PUBLISHED, "", ""]],
    "kubelets' serving certificates, in every run": [{ ...SERVING }, ["", "kubelet-serving", ""]],
    "kubelets' serving certificates, before what needs the old CA is looked for": [
      { rotation, ...SERVING },
      [PUBLISHED, "kubelet-serving / scan / tokens", "authentication"],
    ],
    "a status: with what is issued": [{ inCluster: { publishStatus: true } }, ["", "status", ""]],
    "a status: with what is issued by the new CA": [
      { rotation: { ...rotation, phase: "issue" }, inCluster: { publishStatus: true } },
      [PUBLISHED, "status", ""],
    ],
    "a status: last, once the old CA is gone": [
      { rotation, inCluster: { publishStatus: true } },
      [PUBLISHED, "scan / tokens", "authentication status"],
    ],
    "done: all of it": [{ rotation }, [PUBLISHED, "scan / tokens", "authentication"]],
    "adoption: all but the tokens, whose key is not taken over": [{ adopt }, [PUBLISHED, "scan", "authentication"]],
    "the token key alone": [{ rotation: { serviceAccount: { generation: 2 } } }, ["", "tokens", ""]],
    "the front proxy alone": [{ rotation: { frontProxy: { generation: 2 } } }, ["", "scan", "authentication"]],
    "etcd alone": [{ rotation: { etcd: { generation: 2 } } }, ["", "scan", ""]],
    "the token key still soaks": [
      { rotation: { ...rotation, serviceAccount: { phase: "issue" } } },
      [PUBLISHED, "scan", "authentication"],
    ],
    "kubernetes still soaks": [
      { rotation: { ...rotation, kubernetes: { phase: "issue" } } },
      [PUBLISHED, "scan / tokens", "authentication"],
    ],
    "listed bundles and all workloads": [
      { rotation, inCluster: { restart: "all", caBundles: [WEBHOOK] } },
      [
        "root-ca ca-bundles-trust / mounted-elsewhere / restart-all",
        "scan / tokens",
        "ca-bundles-retire authentication",
      ],
    ],
    "listed workloads": [
      { rotation, inCluster: LISTED },
      [`${PUBLISHED} / may-restart`, "scan / tokens", "authentication"],
    ],
    "listed workloads while nobody can sign credentials to roll them with": [
      { adopt, rotation: { phase: "trust" }, inCluster: LISTED },
      [PUBLISHED, "", ""],
    ],
    "listed workloads once the stack can sign": [
      { adopt, rotation: { phase: "issue" }, inCluster: LISTED },
      [`${PUBLISHED} / may-restart`, "", ""],
    ],
    "listed workloads while nobody can sign what they would trust": [
      { adopt, rotation: { kubernetes: { phase: "trust" } }, inCluster: LISTED },
      [PUBLISHED, "scan", "authentication"],
    ],
    "all that may be listed, where another CA is rotated": [
      { rotation: { etcd: { generation: 2 } }, inCluster: { ...LISTED, caBundles: [WEBHOOK] } },
      ["", "scan", ""],
    ],
    "all workloads, where another CA is rotated": [
      { rotation: { etcd: { generation: 2 } }, inCluster: { restart: "all" } },
      ["", "scan", ""],
    ],
    "nodes without ssh": [
      { rotation, inCluster: WORKERS },
      ["root-ca workers-trust / mounted-elsewhere", "workers-issue / scan / tokens", "workers-retire authentication"],
    ],
    "nodes without ssh, before the end and on the way back": [
      { rotation: { ...rotation, phase: "trust" }, inCluster: WORKERS },
      ["root-ca workers-trust / mounted-elsewhere", "workers-issue", ""],
    ],
    "nodes without ssh while nobody can sign": [
      { adopt, rotation: { phase: "trust" }, inCluster: WORKERS },
      ["root-ca workers-trust / mounted-elsewhere", "", ""],
    ],
    "nodes without ssh, where the token key alone is rotated": [
      { rotation: { serviceAccount: { generation: 2 } }, inCluster: WORKERS },
      ["", "workers-issue / tokens", "workers-retire"],
    ],
    "nodes without ssh, where their CA still soaks": [
      { rotation: { ...rotation, kubernetes: { phase: "issue" } }, inCluster: WORKERS },
      ["root-ca workers-trust / mounted-elsewhere", "workers-issue / scan / tokens", "authentication"],
    ],
    "nodes without ssh, where their CA is not rotated": [
      { rotation: { etcd: { generation: 2 } }, inCluster: WORKERS },
      ["", "scan", ""],
    ],
    "listed bundles before the end": [
      { rotation: { ...rotation, phase: "issue" }, inCluster: { caBundles: [WEBHOOK] } },
      ["root-ca ca-bundles-trust / mounted-elsewhere", "", ""],
    ],
  };
  for (const [title, [changes, expected]] of Object.entries(CASES))
    it(title, () => {
      assert.deepEqual(nouns(configWith({ rollout: { acceptEtcdDowntime: true }, ...changes })), expected);
    });

  it("waits for the CA that stays, also while both are trusted: after `retire` there is no other to wait for", () => {
    for (const phase of ["trust", "issue", "done"])
      assert.deepEqual(jobOf("root-ca", { rotation: { ...rotation, phase } }), {
        force: [],
        tasks: ["cluster-info-add", "kubeadm-config", "root-ca", "sync-pods"],
        ca: "NEW",
        flags: SIGNING_FLAGS,
      });
  });

  it("names the nodes that are looked at themselves, and what is asked of listed workloads", () => {
    assert.deepEqual(jobOf("mounted-elsewhere", { rotation }), {
      force: [],
      tasks: ["nodes", "mounted-elsewhere"],
      visited: VISITED,
      since: 42,
    });
    assert.equal(
      jobOf("scan", { rotation, inCluster: WORKERS }).visitors,
      "kube-system",
      "what the DaemonSet visits counts",
    );
    assert.deepEqual(jobOf("may-restart", { rotation: { ...rotation, force: ["scan"] }, inCluster: LISTED }), {
      force: ["scan"],
      tasks: ["may-restart"],
      ca: "NEW",
      toRoll: LISTED.restart,
    });
  });

  it("reports unlisted nodes also if the token key is rotated alone", () => {
    const alone = jobOf("tokens", { rotation: { serviceAccount: { generation: 2 } } });
    assert.deepEqual([alone.tasks, alone.visited], [["nodes", "tokens"], VISITED]);
    assert.deepEqual(jobOf("tokens", { rotation }).tasks, ["tokens"], "the scan before it has");
    const beside = (name: string) =>
      jobOf("tokens", { rotation: { serviceAccount: { generation: 2 }, [name]: { generation: 2 } } }).tasks;
    assert.deepEqual([beside("kubernetes"), beside("frontProxy")], [["tokens"], ["nodes", "tokens"]]);
  });

  it("cleans up after a rotation that was given up, where there was a cluster before", async () => {
    const { certificate, key } = await makeCa("kubernetes");
    const config = (changes: Readonly<Record<string, unknown>>): Config => ({
      ...configWith(changes),
      authority: { ...configWith().authority, kubernetes: { certificate, key } },
    });
    assert.deepEqual(nouns(config({})), ["", "", ""]);
    const givenUp = config({ rotation: {}, inCluster: { caBundles: [WEBHOOK] } });
    assert.deepEqual(nouns(givenUp), ["", "", "aborted"]);
    const withWorkers = config({ rotation: {}, inCluster: { workers: { image: "busybox:1.37.0" } } });
    assert.deepEqual(nouns(withWorkers), ["", "", "workers-retire aborted"]);
    const [step] = clusterSteps("afterRetire", givenUp);
    assert.deepEqual(clusterPayload(step!, planCluster(givenUp, NOW).nodes[0]!, givenUp, FACTS).job, {
      force: [],
      tasks: ["cluster-info-exact", "rewrite", "authentication-clean"],
      ca: "NEW",
      frontProxy: "FRONT",
      caBundles: [WEBHOOK],
    });
  });

  it("finds the admin's kubeconfig of the other layout, which has no cluster-info", () => {
    const config: Config = {
      ...hardwayConfig(),
      rotation: configWith({ rotation }).rotation,
    };
    const [step] = clusterSteps("afterTrust", config);
    const node = planCluster(config, NOW).nodes.find(({ node: { name } }) => name === "cp1")!;
    const { through, job } = clusterPayload(step!, node, config, FACTS);
    assert.deepEqual(through, { node: "cp1", kubeconfig: "/var/lib/kubernetes/admin.kubeconfig", sudo: false });
    assert.deepEqual(job.tasks, ["root-ca", "sync-pods"]);
  });

  it("puts both CAs into listed bundles first, and then the one that stays", () => {
    const changes = { rotation, inCluster: { caBundles: [WEBHOOK] } };
    const rewrite = { force: [], tasks: ["rewrite"], caBundles: [WEBHOOK] };
    assert.deepEqual(jobOf("ca-bundles-trust", changes), { ...rewrite, ca: "NEW\nOLD" });
    assert.deepEqual(jobOf("ca-bundles-retire", changes), { ...rewrite, ca: "NEW", old: "OLD" });
  });

  it("checks what knows only the old CA, without workloads that reload it", () => {
    const own = { kind: "Deployment", namespace: "shop", name: "till" };
    const scan = jobOf("scan", { rotation, inCluster: { reload: [own] } });
    assert.deepEqual(scan, {
      force: [],
      tasks: ["nodes", "root-ca-seen", "ca-bundles", "pods", "secrets", "kubelets"],
      ca: "NEW",
      old: "OLD",
      others: OTHERS,
      since: 42,
      visited: VISITED,
      reload: [own, { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" }],
    });
    const unknown = jobOf("scan", { rotation }, { ...FACTS, old: "\n", others: [] });
    assert.ok(!("old" in unknown) && !("others" in unknown));
  });

  it("takes kube-proxy for one that reads it anew from 1.36 on, and unless it is listed", () => {
    const kubeProxy = { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" };
    const reloads = (changes: Readonly<Record<string, unknown>>) =>
      jobOf("scan", { rotation, ...changes }).reload?.length;
    const cluster = { name: "prod", kubernetesVersion: "1.35.2", endpoint: "api.example.com:6443" };
    assert.equal(reloads({ inCluster: { restart: "all" } }), 1);
    assert.equal(reloads({ cluster }), 0);
    assert.equal(reloads({ inCluster: { restart: [kubeProxy] } }), 0);
    assert.equal(reloads({ inCluster: { reload: [kubeProxy] } }), 1);
    for (const other of [{ kind: "Deployment" }, { namespace: "shop" }, { name: "node-local-dns" }])
      assert.equal(reloads({ inCluster: { restart: [{ ...kubeProxy, ...other }] } }), 1, Object.values(other).join());
  });

  it("gives up a gate only by its name", () => {
    const forced = (force: string[]) => jobOf("scan", { rotation: { ...rotation, force } }).force;
    assert.deepEqual([[], ["tokens"], ["tokens", "scan"]].map(forced), [[], ["tokens"], ["scan", "tokens"]]);
  });

  it("cleans what aggregated servers trust of that alone which has come to its end", () => {
    const cas = (changes: Readonly<Record<string, unknown>>) => {
      const { ca, frontProxy } = jobOf("authentication", { rotation: { ...rotation, ...changes } });
      return [ca, frontProxy];
    };
    assert.deepEqual(cas({}), ["NEW", "FRONT"]);
    assert.deepEqual(cas({ frontProxy: { phase: "issue" } }), ["NEW", undefined]);
    assert.deepEqual(cas({ kubernetes: { phase: "issue" } }), [undefined, "FRONT"]);
  });

  it("refuses a fact that is missing", () => {
    assert.throws(() => jobOf("tokens", { rotation }, {}), /in-cluster step tokens: tokenKid is not known/);
  });

  it("reads when the CA reached every namespace, or says that the node did not tell", () => {
    assert.equal(sinceOf("since 1795305600\ntask root-ca done\ndone\n"), 1795305600);
    assert.throws(() => sinceOf("task root-ca done\n"), /did not report when .* older than this program/);
    assert.throws(
      () => sinceOf("cp1$ since 1795305600\ntask root-ca done\n"),
      /printed before it: "cp1\$ "; let the shell/,
    );
  });
});
