import assert from "node:assert/strict";
import type { Config } from "../../../core/schema/config";
import { nodeEffects, restartsText, type Change } from "../../../core/nodes/effects";
import type { FileRow } from "../../../core/layouts/layout";
import { planCluster } from "../../../core/plan";
import { configWith, etcdadmConfig, hardwayConfig, NOW } from "../fixture";

const at = (version: string, changes: Readonly<Record<string, unknown>> = {}): Config =>
  configWith({
    cluster: { name: "prod", kubernetesVersion: version, endpoint: "api.example.com:6443" },
    ...changes,
  });

const isLeaf = ({ content }: FileRow): boolean => "profile" in content;
const isCa = (authority: string) => (row: FileRow) => row.content.kind === "ca" && row.content.authority === authority;
const isTokenKey = ({ content }: FileRow): boolean => content.kind === "serviceAccount";

/** `+` restarts, `~` reloads. */
const effects = (config: Config, node: string, changed: (row: FileRow) => boolean, change: Change = "any"): string => {
  const plan = planCluster(config, NOW).nodes.find((each) => each.node.name === node)!;
  return [...nodeEffects(plan.files.filter(changed), plan, config, change)]
    .map(([name, { need }]) => `${need === "restart" ? "+" : "~"}${name}`)
    .sort()
    .join(" ");
};

/** [what, effects]: what a change of these files does to a node, as the components' sources say it must. */
type Row = readonly [
  what: string,
  config: Config,
  node: string,
  changed: (row: FileRow) => boolean,
  change: Change,
  does: string,
];

const CURRENT = at("1.36.3");

const ROWS: readonly Row[] = [
  [
    "a renewal restarts on a control plane who has inline credentials or keeps them in memory, and nobody else",
    CURRENT,
    "cp1",
    isLeaf,
    "any",
    "+kube-controller-manager +kube-scheduler +kubelet ~etcd ~kube-apiserver",
  ],
  ["a renewal restarts on a worker the kubelet", CURRENT, "w1", isLeaf, "any", "+kubelet"],
  ["a renewal of etcd members alone restarts nothing", hardwayConfig(), "e1", isLeaf, "any", "~etcd"],
  ["a renewal of etcdadm's members restarts nothing", etcdadmConfig(), "e1", isLeaf, "any", "~etcd"],
  [
    "nor does one of what control planes show them",
    etcdadmConfig(),
    "cp2",
    (row) => isLeaf(row) && row.path.includes("etcd"),
    "any",
    "~kube-apiserver",
  ],
  ["a new CA of etcd on nodes of its own", etcdadmConfig(), "e1", isCa("etcd"), "any", "+etcd"],
  ["the same, where no member runs", etcdadmConfig(), "cp1", isCa("etcd"), "any", "+kube-apiserver"],
  [
    "a new CA of kubernetes",
    CURRENT,
    "cp1",
    isCa("kubernetes"),
    "any",
    "+kube-controller-manager ~kube-apiserver ~kubelet",
  ],
  ["a new CA of kubernetes, where no control plane runs", CURRENT, "w1", isCa("kubernetes"), "any", "~kubelet"],
  ["a new CA of etcd", CURRENT, "cp1", isCa("etcd"), "any", "+etcd +kube-apiserver"],
  [
    "a new CA of the front proxy",
    CURRENT,
    "cp1",
    isCa("frontProxy"),
    "any",
    "~kube-apiserver ~kube-controller-manager",
  ],
  ["a new token key", CURRENT, "cp1", isTokenKey, "any", "+kube-apiserver +kube-controller-manager"],
  [
    "a kubernetes CA that is retired",
    CURRENT,
    "cp1",
    isCa("kubernetes"),
    "removal",
    "+kube-controller-manager ~kube-apiserver ~kubelet",
  ],
  ["an etcd CA that is retired", CURRENT, "cp1", isCa("etcd"), "removal", "+etcd +kube-apiserver"],
  [
    "a CA retired from kubeconfigs restarts nothing: no server presents it any more",
    CURRENT,
    "cp1",
    ({ content }) => content.kind === "kubeconfig",
    "removal",
    "~kube-apiserver",
  ],
  [
    "before 1.36 an API server restarts for the CA of its kubelets",
    at("1.35.0", hardway()),
    "cp1",
    isCa("kubernetes"),
    "any",
    "+kube-apiserver +kube-controller-manager",
  ],
  [
    "from 1.36 on it does not",
    at("1.36.0", hardway()),
    "cp1",
    isCa("kubernetes"),
    "any",
    "+kube-controller-manager ~kube-apiserver",
  ],
  [
    "in 1.30 a kubelet restarts for its serving certificate",
    at("1.30.0"),
    "w1",
    ({ path }) => path.endsWith("kubelet.crt"),
    "any",
    "+kubelet",
  ],
  ["from 1.31 on it does not", at("1.31.0"), "w1", ({ path }) => path.endsWith("kubelet.crt"), "any", "~kubelet"],
  [
    "`restart: always` restarts every consumer",
    at("1.36.3", { restart: "always" }),
    "cp1",
    isCa("frontProxy"),
    "any",
    "+kube-apiserver +kube-controller-manager",
  ],
  [
    "`restart: always` restarts for a retired CA as well",
    at("1.36.3", { restart: "always" }),
    "cp1",
    ({ path }) => path.endsWith("scheduler.conf"),
    "removal",
    "+kube-scheduler",
  ],
  [
    "`restart: never` restarts nobody and still proves what reloads",
    at("1.36.3", { restart: "never" }),
    "cp1",
    isLeaf,
    "any",
    "~etcd ~kube-apiserver ~kubelet",
  ],
];

function hardway(): Readonly<Record<string, unknown>> {
  return {
    layout: "hardway",
    nodes: hardwayConfig().nodes.map(({ name, address, roles, ssh }) => ({ name, address, roles, ssh })),
  };
}

describe("effects", () => {
  for (const [what, config, node, changed, change, does] of ROWS)
    it(what, () => {
      assert.equal(effects(config, node, changed, change), does);
    });

  it("says of a machine where nothing may run yet that it is so", () => {
    const plan = planCluster(CURRENT, NOW).nodes[0]!;
    const needs = nodeEffects(plan.files.filter(isCa("etcd")), plan, CURRENT);
    const text =
      "restarts kube-apiserver (pool built once at start), etcd (pool built once at start, etcd-io/etcd#11555)";
    assert.equal(restartsText(needs, plan), text);
    assert.equal(restartsText(new Map(), plan), "restarts nothing");
    const own = plan.files.filter(({ uses }) =>
      uses.some((use) => use === "kubelet/client" || use === "kubelet/kubeconfig"),
    );
    assert.equal(
      restartsText(nodeEffects(own, plan, CURRENT), plan),
      "restarts kubelet (its certificate manager keeps it in memory; its transport is built once at start)",
    );
    const joining = { ...plan, node: { ...plan.node, joining: true } };
    assert.equal(restartsText(needs, joining), `${text} where they run already`);
  });
});
