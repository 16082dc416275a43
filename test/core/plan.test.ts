import assert from "node:assert/strict";
import { planClients } from "../../core/certificates/clients";
import type { ProfileName } from "../../core/model/profiles";
import { controlPlaneExecutor } from "../../core/nodes/topology";
import { workersAtOnce } from "../../core/nodeOrder";
import { orderIn } from "../../core/stepOrder";
import { planCluster, type ClusterPlan, type NodePlan } from "../../core/plan";
import { isKnown } from "./certificates/expected";
import { configWith, ETCDADM, hardwayConfig, NOW, RAW } from "./fixture";

const nodeOf = (plan: ClusterPlan, name: string): NodePlan => plan.nodes.find(({ node }) => node.name === name)!;
const leafOf = (plan: ClusterPlan, name: string, profile: string) =>
  nodeOf(plan, name).leaves.find((leaf) => leaf.profile === profile);
const profiles = (plan: ClusterPlan, name: string) => nodeOf(plan, name).leaves.map(({ profile }) => profile);
const ids = (plan: ClusterPlan) =>
  new Map(plan.nodes.flatMap(({ node, leaves }) => leaves.map(({ profile, id }) => [`${node.name}/${profile}`, id])));
const changed = (a: ClusterPlan, b: ClusterPlan) =>
  [...ids(b)].filter(([leaf, id]) => ids(a).get(leaf) !== id).map(([leaf]) => leaf);

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
const inVault = (more: object = {}) => ({
  authority: { kind: "vault", vault: { address: "https://vault.example.com:8200" }, ...more },
});
const TOKEN_KEY = "sa.key serviceAccount, sa.pub serviceAccount";
const SIGNING = "ca-signing.crt csrSigner, ca-signing.key caKey";

/** [changes, keys and their certificates in order of the layout, the rest]. */
const KEYS: Readonly<Record<string, readonly [Readonly<Record<string, unknown>>, keys: string, rest: string]>> = {
  "generated CAs": [{}, `ca.key caKey, ${TOKEN_KEY}`, "13 leaves, bare"],
  "a rotation": [{ rotation: {} }, `ca.key caKey, ${SIGNING}, ${TOKEN_KEY}`, "13 leaves, bare"],
  "CAs that are taken over and sign": [{ adopt, rotation: { phase: "trust" } }, "", "0 leaves, existing"],
  "a token key that is taken over and signs": [
    { adopt: { ...adopt, serviceAccount: true }, rotation: { phase: "trust" } },
    "sa.pub serviceAccount",
    "0 leaves, existing",
  ],
  "CAs that were taken over": [{ adopt }, `ca.key caKey, ${SIGNING}`, "13 leaves, existing"],
  "CAs in Vault": [inVault(), TOKEN_KEY, "13 leaves, bare"],
  "CAs in Vault and a signer in the state": [
    inVault({ csrSigner: "state" }),
    `${SIGNING}, ${TOKEN_KEY}`,
    "13 leaves, bare",
  ],
  "CAs in Vault and signers on the nodes": [
    { ...inVault({ csrSigner: "node" }), rotation: {} },
    `ca-signing.crt csrSigner, ca-signing.key csrSignerKey, ${TOKEN_KEY}`,
    "13 leaves, bare",
  ],
  "a move into Vault that has not come to its signers": [
    {
      ...inVault({ csrSigner: "node", earlier: [{ generations: 1, kind: "embedded" }] }),
      rotation: { generation: 2, phase: "trust" },
    },
    `ca.key caKey, ${SIGNING}, ${TOKEN_KEY}`,
    "13 leaves, bare",
  ],
  "token keys left to others": [
    { authority: { serviceAccount: { enabled: false } } },
    "ca.key caKey",
    "13 leaves, bare",
  ],
  "a profile left to others": [
    { certificates: { profiles: { scheduler: { enabled: false } } } },
    `ca.key caKey, ${TOKEN_KEY}`,
    "12 leaves, bare",
  ],
};

describe("plan", () => {
  const plan = planCluster(configWith(), NOW);

  it("gives super-admin to the first kubeadm control plane only, and a worker its kubelet's", () => {
    const [first, second] = [profiles(plan, "cp1"), profiles(plan, "cp2")];
    assert.deepEqual(
      first.filter((profile) => !second.includes(profile)),
      ["super-admin"],
    );
    assert.ok(["apiserver", "etcd-peer", "admin", "kubelet"].every((name) => second.some((each) => each === name)));
    assert.deepEqual(profiles(plan, "w1"), ["kubelet", "kubelet-server"]);
  });

  it("gives hard-way nodes what their role needs", () => {
    const hard = planCluster(hardwayConfig(), NOW);
    assert.deepEqual(profiles(hard, "e1"), ["etcd-server", "etcd-peer"]);
    assert.deepEqual(profiles(hard, "w1"), ["kubelet", "kubelet-server", "kube-proxy"]);
    assert.ok(!profiles(hard, "cp1").includes("kubelet"));
    assert.deepEqual(leafOf(hard, "cp1", "admin")?.organizations, ["system:masters"]);
  });

  it("tries a step on a worker that has joined before it goes to those that have not", () => {
    const config = configWith({ rollout: { workersAtOnce: 2 } });
    const nodes = config.nodes.map((node) => ({ ...node, joining: node.name === "w1" }));
    const after = planCluster({ ...config, nodes }, NOW).nodes.map(({ node, after }) =>
      [node.name, ...after.beside].join("<"),
    );
    assert.equal(after[3], "w2<cp1");
    assert.match(after.at(-1) ?? "", /^w1</);
  });

  it("works in the cluster from a control plane that has joined it", () => {
    const config = configWith();
    const joining = (...names: string[]) => ({
      nodes: config.nodes.map((node) => ({ ...node, joining: names.includes(node.name) })),
    });
    assert.equal(controlPlaneExecutor(config)?.name, "cp1");
    assert.equal(controlPlaneExecutor(joining("cp1"))?.name, "cp2");
    assert.equal(controlPlaneExecutor(joining("cp1", "cp2", "cp3"))?.name, "cp1");
  });

  it("puts kubeadm's names into the API server's certificate", () => {
    assert.deepEqual(leafOf(plan, "cp1", "apiserver")?.sans, [
      "DNS:cp1",
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "DNS:kubernetes.default.svc.cluster.local",
      "IP:10.96.0.1",
      "IP:10.0.0.11",
      "DNS:api.example.com",
      "IP:10.0.0.9",
    ]);
  });

  it("follows kubeadm's change of the API server's kubelet client in 1.36", () => {
    const older = planCluster(
      configWith({ cluster: { ...(RAW["cluster"] as object), kubernetesVersion: "1.35.4" } }),
      NOW,
    );
    assert.deepEqual(leafOf(older, "cp1", "apiserver-kubelet-client")?.organizations, ["kubeadm:cluster-admins"]);
    assert.deepEqual(leafOf(plan, "cp1", "apiserver-kubelet-client")?.organizations, []);
  });

  it("gives certificates the subjects that the stack file has for them, and the administrator on no node too", () => {
    const profiles = {
      "apiserver-etcd-client": {
        commonName: { etcd: "{node}-kube-apiserver-etcd-client", "control-plane": "e1-client", cp2: "second" },
        organizations: ["system:masters"],
      },
      "front-proxy-client": { commonName: "aggregator-{node}" },
      "etcd-peer": { commonName: { e1: "constructor" } },
      admin: { commonName: "root", organizations: ["ops"] },
    };
    const raw = { layout: "etcdadm", nodes: ETCDADM.nodes, certificates: { profiles } };
    const own = planCluster(configWith(raw), NOW);
    const subject = (node: string, profile: ProfileName) => {
      const { commonName, organizations } = leafOf(own, node, profile) ?? {};
      return [commonName, ...(organizations ?? [])].join(" ");
    };
    assert.equal(subject("e2", "apiserver-etcd-client"), "e2-kube-apiserver-etcd-client system:masters");
    assert.equal(subject("cp1", "apiserver-etcd-client"), "e1-client system:masters");
    assert.equal(subject("cp2", "apiserver-etcd-client"), "second system:masters");
    assert.equal(subject("cp1", "front-proxy-client"), "aggregator-cp1");
    assert.deepEqual([subject("e1", "etcd-peer"), subject("e2", "etcd-peer")], ["constructor", "e2"]);
    assert.equal(subject("cp1", "admin"), "root ops");
    const [admin] = planClients(configWith(raw), NOW);
    assert.deepEqual([admin?.commonName, admin?.organizations], ["root", ["ops"]]);
    // and nobody else's certificate is issued again for it
    const usual = planCluster(configWith({ layout: "etcdadm", nodes: ETCDADM.nodes }), NOW);
    assert.equal(leafOf(own, "cp1", "apiserver")?.id, leafOf(usual, "cp1", "apiserver")?.id);
    assert.notEqual(leafOf(own, "e1", "etcd-peer")?.id, leafOf(usual, "e1", "etcd-peer")?.id);
    assert.equal(leafOf(own, "e2", "etcd-peer")?.id, leafOf(usual, "e2", "etcd-peer")?.id);
  });

  it("handles etcd members first, then control planes one by one, and workers in waves beside all but the first of three", () => {
    const after = (cluster: ClusterPlan) =>
      cluster.nodes.map(({ node, after }) => [node.name, ...after.beside].join("<"));
    assert.deepEqual(after(planCluster(configWith({ rollout: { workersAtOnce: 2, canary: false } }), NOW)), [
      "cp1",
      "cp2<cp1",
      "cp3<cp2",
      "w1<cp1",
      "w2<cp1",
      "w3<w1",
    ]);
    // of three control planes that are there only two have joined: a worker's API server may be the one that is away
    const config = configWith({ rollout: { workersAtOnce: 2 } });
    const nodes = config.nodes.map((node) => ({ ...node, joining: node.name === "cp2" }));
    assert.equal(after(planCluster({ ...config, nodes }, NOW))[3], "w1<cp3");
    assert.deepEqual(after(planCluster(hardwayConfig(), NOW)), ["e1", "e2<e1", "e3<e2", "cp1<e3", "cp2<cp1", "w1<cp2"]);
  });

  it("has workers beside control planes only where no token of an old key comes of it", () => {
    const orders = (over: Readonly<Record<string, unknown>>) => {
      const config = configWith(over);
      return (["trust", "apply", "retire", "tokens"] as const).map((step) => orderIn(step, config));
    };
    assert.deepEqual(orders({}), ["beside", "beside", "beside", "serversFirst"]);
    assert.deepEqual(orders({ rotation: { etcd: { generation: 2 } } })[1], "beside");
    assert.deepEqual(orders({ rotation: { generation: 2 } }), ["beside", "serversFirst", "beside", "serversFirst"]);
    assert.deepEqual(orders({ rollout: { strategy: "recover" } })[1], "start");
    const [, , , ...workers] = planCluster(configWith(), NOW).nodes;
    assert.deepEqual(workers[0]?.after.serversFirst, ["cp3"]);
  });

  it("starts a dead cluster with all members of etcd at once", () => {
    const starts = (cluster: ClusterPlan) =>
      cluster.nodes.map(({ node, after }) => [node.name, ...after.start].join("<"));
    assert.deepEqual(starts(planCluster(configWith({ rollout: { workersAtOnce: 2 } }), NOW)), [
      "cp1",
      "cp2",
      "cp3",
      "w1<cp1<cp2<cp3",
      "w2<cp1<cp2<cp3",
      "w3<w1",
    ]);
    assert.deepEqual(starts(planCluster(hardwayConfig(), NOW)), [
      "e1",
      "e2",
      "e3",
      "cp1<e1<e2<e3",
      "cp2<e1<e2<e3",
      "w1<cp1<cp2",
    ]);
  });

  it("tries one worker alone before the others", () => {
    const workers = planCluster(configWith({ rollout: { workersAtOnce: 2 } }), NOW).nodes.slice(3);
    assert.deepEqual(
      workers.map(({ node, after }) => [node.name, ...after.beside].join("<")),
      ["w1<cp1", "w2<w1", "w3<w1"],
    );
  });

  it("counts a share of workers down, but never to none", () => {
    assert.deepEqual([workersAtOnce("25%", 3), workersAtOnce("25%", 10), workersAtOnce(4, 3)], [1, 2, 4]);
  });

  it("changes nothing while no node's period ends, and then all leaves of that node together", () => {
    const soon = new Date(Math.min(...plan.nodes.flatMap(({ leaves }) => leaves.map((l) => l.renewal.next.getTime()))));
    assert.deepEqual(changed(plan, planCluster(configWith(), new Date(soon.getTime() - 1000))), []);
    const due = changed(plan, planCluster(configWith(), soon));
    const nodes = new Set(due.map((leaf) => leaf.split("/")[0]));
    assert.equal(nodes.size, 1);
    assert.equal(due.length, nodeOf(plan, [...nodes][0]!).leaves.length);
  });

  it("renews a leaf with its own policy apart from the rest", () => {
    const own = planCluster(configWith({ certificates: { profiles: { admin: { validity: "24h" } } } }), NOW);
    assert.deepEqual(
      nodeOf(own, "cp1").groups.map(({ name, leaves }) => [name, leaves.length]),
      [
        [undefined, nodeOf(plan, "cp1").leaves.length - 1],
        ["admin", 1],
      ],
    );
    assert.deepEqual(
      changed(plan, own).map((leaf) => leaf.split("/")[1]),
      ["admin", "admin", "admin"],
    );
  });

  it("issues anew only what a new name concerns", () => {
    const nodes = (RAW["nodes"] as { name: string }[]).map((node) =>
      node.name === "w2" ? { ...node, extraSans: ["w2.example.com"] } : node,
    );
    assert.deepEqual(changed(plan, planCluster(configWith({ nodes }), NOW)), ["w2/kubelet-server"]);
  });

  it("issues anew only what is asked for at that time, whoever has it, and by the clock again afterwards", () => {
    const own = {
      hook: { authority: "kubernetes", usages: ["server"], sans: ["h.d.svc"], secret: { namespace: "d", name: "h" } },
    };
    const at = (when: Date) => ({ cp2: { apiserver: when.toISOString() }, "-": { "own.hook": when.toISOString() } });
    const withAsked = (when?: Date) =>
      configWith({ certificates: { own, ...(when === undefined ? {} : { renewAt: at(when) }) } });
    const plan = planCluster(withAsked(), NOW);
    const asked = planCluster(withAsked(NOW), NOW);
    assert.deepEqual(changed(plan, asked), ["cp2/apiserver"]);
    assert.notDeepEqual(
      asked.held.map(({ id }) => id),
      plan.held.map(({ id }) => id),
    );
    assert.deepEqual(changed(plan, planCluster(withAsked(new Date(NOW.getTime() + 1000)), NOW)), [], "it is to come");
    const { next } = plan.nodes.find(({ node }) => node.name === "cp2")!.leaves[0]!.renewal;
    assert.deepEqual(changed(planCluster(withAsked(), next), planCluster(withAsked(NOW), next)), []);
  });

  it("leaves a profile out when asked to", () => {
    const without = planCluster(configWith({ certificates: { profiles: { kubelet: { enabled: false } } } }), NOW);
    assert.deepEqual(profiles(without, "w1"), ["kubelet-server"]);
    assert.ok(nodeOf(without, "w1").files.every(({ path }) => !path.includes("kubelet-client")));
    assert.ok(nodeOf(without, "w1").files.every(({ path }) => !path.endsWith("kubelet.conf")));
  });

  for (const [what, [changes, keys, rest]] of Object.entries(KEYS))
    it(`gives a control plane, with ${what}, the keys that the stack has and the cluster may use`, () => {
      const config = configWith({ rollout: { acceptEtcdDowntime: true }, ...changes });
      const { files, leaves, start, hasSecrets } = planCluster(config, NOW).nodes[0]!;
      const held = files.filter(({ content }) => !("profile" in content) && content.kind !== "ca");
      assert.equal(held.map(({ path, content }) => `${path.replace(/.*\//, "")} ${content.kind}`).join(", "), keys);
      const known = leaves.filter(({ profile }) => isKnown(profile));
      assert.equal(`${String(known.length)} leaves, ${start}`, rest);
      assert.equal(hasSecrets, held.length > 0);
      assert.equal(files.filter(({ content }) => content.kind === "ca").length, 3, "whom to trust it is always told");
    });

  it("takes services of a cluster whose CAs are given for ones that run", () => {
    const config = configWith();
    const authority = { ...config.authority, etcd: { certificate: "PEM", key: "PEM" } };
    assert.equal(planCluster({ ...config, authority }, NOW).nodes[0]?.start, "existing");
  });

  it("sends keys only to control planes", () => {
    assert.deepEqual(
      plan.nodes.map(({ node, hasSecrets }) => [node.name, hasSecrets]),
      [
        ["cp1", true],
        ["cp2", true],
        ["cp3", true],
        ["w1", false],
        ["w2", false],
        ["w3", false],
      ],
    );
  });
});
