/** What each step waits for. A gate that is lost shows on a cluster as an outage, and in no other test. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki } from "../../components";
import type { LeafPlan } from "../../core/certificates/leaves";
import { planCluster } from "../../core/plan";
import { disconnect } from "@pulumi/pulumi/runtime/settings";
import { argsWith, configWith, NOW } from "../core/fixture";
import { FIXTURES, type FixtureName } from "./fixtures";
import { graphOf, kindOf, nodeIn, type Changes, type Graph } from "./graph";
import { registeredBy, type Asked } from "./mocks";

/** The leaves of every node. */
const leavesOf = (changes: Changes): readonly LeafPlan[] =>
  planCluster(configWith(changes), NOW).nodes.flatMap(({ leaves }) => leaves);

/** CAs and token keys are in payloads: whoever is given one waits for it anyway. */
const MATERIAL = /PrivateKey|SelfSignedCert|SecretBackendRootCert|vault:|pulumi:providers:vault/;

/** Steps in which each node waits for the one before it. */
const IN_TURN: readonly string[] = ["trust", "apply", "serving", "tokens", "retire"];

/** `every X`: of all nodes; `last X`: of the last of them in their turn; `own X`: of the step's node. */
const waitsFor = ({ all, asked }: Graph, name: string): string[] => {
  const types = new Map(all.map((each) => [each.name, each.type]));
  const isLeaf = (each: string): boolean => kindOf(each, types.get(each)) === "NODE-LEAF";
  const kind = (each: string): string => kindOf(each, types.get(each)).replace("NODE-", "").replace("LEAF", "leaf");
  const deps = new Set(
    asked.get(name)?.dependsOn.filter((each) => isLeaf(each) || !MATERIAL.test(types.get(each) ?? "")),
  );
  const groups = new Map<string, string[]>();
  for (const each of deps) groups.set(kind(each), [...(groups.get(kind(each)) ?? []), each]);
  return [...groups]
    .flatMap(([nameSuffix, found]) => {
      const every = all.filter((each) => kind(each.name) === nameSuffix && nodeIn(each.name) !== undefined);
      if (every.length > 0 && found.length === every.length) return [`every ${nameSuffix}`];
      if (IN_TURN.includes(nameSuffix) && found.some(isLast))
        return found.map((each) => (isLast(each) ? `last ${nameSuffix}` : each.replace("prod-", "")));
      const own = every.filter((each) => nodeIn(each.name) === nodeIn(name));
      if (own.length > 0 && own.every((each) => deps.has(each.name)) && own.length === found.length)
        return [`own ${nameSuffix}`];
      return found.map((each) => each.replace("prod-", ""));
    })
    .sort();
};

const isLast = (name: string): boolean => nodeIn(name) === "w1";

type Gates = readonly (readonly [step: string, after: string])[];

/** One node after another; the first one waits for the gate, each further one for the one before it, and for what is its own. */
const inTurn = (nameSuffix: string, gate: string, more = ""): Gates => [
  [`cp1-${nameSuffix}`, gate],
  [`cp2-${nameSuffix}`, `cp1-${nameSuffix}${more}`],
  [`w1-${nameSuffix}`, `cp2-${nameSuffix}${more}`],
];
const atOnce = (nameSuffix: string, gate: string): Gates =>
  ["cp1", "cp2", "w1"].map((node) => [`${node}-${nameSuffix}`, gate]);

/** All nodes are compared before any is touched. */
const INSTALLS: Gates = [["preflight", ""], ...atOnce("install", "preflight")];

const servers = (nameSuffix: string, gate: string): Gates =>
  ["cp1", "cp2"].map((node) => [`${node}-${nameSuffix}`, gate]);

const ALL = ["kubernetes", "etcd", "frontProxy", "serviceAccount"];
/** A phase is noted as reached by the last that belongs to it. */
const noted = (whats: readonly string[], generation: string, trust: string, issue?: string): Gates =>
  whats.flatMap((what): Gates => {
    const name = `${what}-${generation}`;
    if (issue === undefined) return [[`${name}-trust-reached`, trust]];
    return [
      [`${name}-trust-reached`, trust],
      [`${name}-issue-begun`, `${name}-trust-reached`],
      [`${name}-issue-reached`, issue],
      [`${name}-done-begun`, `${name}-issue-reached`],
    ];
  });
const CAS = ALL.slice(0, 3);

const PREPARED = "every install, every leaf, every request";
const REQUESTS = atOnce("request", "own install");
/** Only who worked on the node they were made on knows them. */
const OWN = ", own leaf";

/** Where another one tells what is trusted, who asks waits for that as well: it is the first node's `trust`. */
const told = (nameSuffix: string, gate: string): Gates => [
  [`cp1-${nameSuffix}`, sorted(`${gate}, own trust`)],
  ...["cp2", "w1"].map((node) => [`${node}-${nameSuffix}`, sorted(`cp1-trust, ${gate}`)] as const),
];

function sorted(text: string): string {
  return text.split(", ").sort().join(", ");
}

/** Everything that is a step on a node or in the cluster. */
const GATES: Readonly<Partial<Record<FixtureName, Gates>>> = {
  "generated CAs": [...INSTALLS, ...REQUESTS, ...inTurn("apply", PREPARED, OWN)],
  "leaf keys in the state": [...INSTALLS, ...inTurn("apply", "every install, every leaf", OWN)],
  "CAs in Vault that another mount signs": [...INSTALLS, ...REQUESTS, ...inTurn("apply", PREPARED, OWN)],
  "generated CAs, phase trust": [
    ["rotation-attempt", ""],
    ...noted(ALL, "g2", "in-cluster-restart-deployment-shop.till"),
    ...INSTALLS,
    ...REQUESTS,
    ...inTurn("trust", `${PREPARED}, rotation-attempt`),
    ["in-cluster-root-ca", "last trust"],
    ...atOnce("mounts", "in-cluster-root-ca"),
    ["in-cluster-mounted-elsewhere", "in-cluster-root-ca"],
    ["in-cluster-may-restart", "every mounts, in-cluster-mounted-elsewhere"],
    ["in-cluster-provider", "in-cluster-may-restart, kubeconfigs-admin"],
    ["in-cluster-restart-deployment-shop.till", "in-cluster-may-restart"],
    ...inTurn("apply", sorted(`${PREPARED}, in-cluster-restart-deployment-shop.till`), OWN),
  ],
  "generated CAs, rotated": [
    ["rotation-attempt", ""],
    ...noted(ALL, "g2", "in-cluster-restart-deployment-shop.till", "last apply"),
    ...INSTALLS,
    ...REQUESTS,
    // nobody presents what is new before every node trusts it, and the state holds that the rotation has begun
    ...inTurn("trust", `${PREPARED}, rotation-attempt`),
    ["in-cluster-root-ca", "last trust"],
    ...atOnce("mounts", "in-cluster-root-ca"),
    ["in-cluster-mounted-elsewhere", "in-cluster-root-ca"],
    ["in-cluster-may-restart", "every mounts, in-cluster-mounted-elsewhere"],
    ["in-cluster-provider", "in-cluster-may-restart, kubeconfigs-admin"],
    ["in-cluster-restart-deployment-shop.till", "in-cluster-may-restart"],
    ...inTurn("apply", sorted(`${PREPARED}, in-cluster-restart-deployment-shop.till`), OWN),
    // a kubelet gets new tokens once the last API server signs with the new key
    ...inTurn("tokens", "last apply"),
    ["in-cluster-scan", "in-cluster-root-ca, last apply"],
    ...atOnce("check", "last apply, last tokens"),
    ["in-cluster-tokens", "every check, in-cluster-scan"],
    // nobody distrusts what is old before it was looked for everywhere
    ...inTurn("retire", "in-cluster-tokens, rotation-attempt", ", rotation-attempt"),
    ["in-cluster-cluster-info", "last retire"],
    ["in-cluster-authentication", "last retire"],
  ],
  "generated CAs, that of etcd alone rotated": [
    ["rotation-attempt", ""],
    ...noted(["etcd"], "g2", "last trust", "last apply"),
    ...INSTALLS,
    ...REQUESTS,
    ...inTurn("trust", `${PREPARED}, rotation-attempt`),
    ...inTurn("apply", `${PREPARED}, last trust`, OWN),
    ...atOnce("check", "last apply"),
    ["in-cluster-scan", "last apply"],
    ...inTurn("retire", "every check, in-cluster-scan, rotation-attempt", ", rotation-attempt"),
  ],
  "generated CAs, the cluster dead": [
    ...INSTALLS,
    ...REQUESTS,
    ["is-dead", PREPARED],
    ...servers("lay", "is-dead, own leaf"),
    // nothing starts before all files are there, then all of etcd at once
    ...servers("apply", "every install, every lay, every leaf, every request, is-dead"),
    ["w1-apply", "cp1-apply, cp2-apply, own leaf"],
  ],
  "adoption, phase trust": [
    ["rotation-attempt", ""],
    ...noted(CAS, "g1", "every mounts, in-cluster-mounted-elsewhere"),
    ...INSTALLS,
    // nobody of ours can sign yet: there is nothing to request
    ...inTurn("trust", "every install, rotation-attempt"),
    ["in-cluster-root-ca", "cp1-trust, last trust"],
    ...told("mounts", "in-cluster-root-ca"),
    ["in-cluster-mounted-elsewhere", "in-cluster-root-ca"],
    ...inTurn("apply", "every install, every mounts, in-cluster-mounted-elsewhere"),
    // and nothing to look for, and nothing to retire: the token key is left to others
  ],
  "adoption, the cluster dead": [
    ["rotation-attempt", ""],
    ...noted(CAS, "g1", "every mounts, in-cluster-mounted-elsewhere", "every mounts, in-cluster-mounted-elsewhere"),
    ...INSTALLS,
    ...REQUESTS,
    ["is-dead", PREPARED],
    ...atOnce("lay-trust", `${PREPARED}, is-dead, rotation-attempt`),
    ...servers("lay", "every install, every lay-trust, every leaf, every request, is-dead"),
    ...servers("apply", "every install, every lay, every lay-trust, every leaf, every request, is-dead"),
    ["w1-apply", "cp1-apply, cp2-apply, own leaf"],
    // a cluster that lives again: the rest of a rotation, one node after another
    ...inTurn("trust", "every lay-trust, last apply, rotation-attempt"),
    ["in-cluster-root-ca", "cp1-trust, last trust"],
    ...told("mounts", "in-cluster-root-ca"),
    ["in-cluster-mounted-elsewhere", "in-cluster-root-ca"],
    ...told("check", "every mounts, in-cluster-mounted-elsewhere"),
    ["in-cluster-scan", "cp1-trust, every mounts, in-cluster-mounted-elsewhere, in-cluster-root-ca"],
    ...inTurn("retire", "every check, in-cluster-scan, rotation-attempt", ", rotation-attempt"),
    ["in-cluster-provider", "cp1-trust, kubeconfigs-admin, last retire"],
    ["in-cluster-cluster-info", "cp1-trust, last retire"],
    ["in-cluster-authentication", "cp1-trust, last retire"],
  ],
  "CAs in Vault, signers on the nodes, rotated": [
    ["rotation-attempt", ""],
    ...noted(ALL, "g2", "every mounts, in-cluster-mounted-elsewhere", "last apply"),
    ...INSTALLS,
    ...REQUESTS,
    ["cp1-request-signer-g2", "own install"],
    ["cp2-request-signer-g2", "own install"],
    ...inTurn("trust", `${PREPARED}, rotation-attempt`),
    ["in-cluster-root-ca", "cp1-trust, last trust"],
    ...told("mounts", "in-cluster-root-ca"),
    ["in-cluster-mounted-elsewhere", "in-cluster-root-ca"],
    ...inTurn("apply", sorted(`${PREPARED}, every mounts, in-cluster-mounted-elsewhere`), OWN),
    ...inTurn("tokens", "last apply"),
    ["in-cluster-scan", "cp1-trust, in-cluster-root-ca, last apply"],
    ...told("check", "last apply, last tokens"),
    ["in-cluster-tokens", "every check, in-cluster-scan"],
    ...inTurn("retire", "in-cluster-tokens, rotation-attempt", ", rotation-attempt"),
    ["in-cluster-provider", "cp1-trust, last retire"],
    ["in-cluster-cluster-info", "cp1-trust, last retire"],
    ["in-cluster-authentication", "cp1-trust, last retire"],
  ],
};

const isStep = (type: string): boolean => type.startsWith("command:") || type.includes("kubernetes");

describe("gates", () => {
  for (const [name, gates] of Object.entries(GATES))
    it(`hold each step of a cluster with ${name} until all before it is done`, async () => {
      const graph = await graphOf(FIXTURES[name as FixtureName]);
      const steps = graph.all.filter(({ type }) => isStep(type)).map(({ name: each }) => each);
      const found = steps.map((each) => [each.replace("prod-", ""), waitsFor(graph, each).join(", ")]);
      assert.deepEqual(Object.fromEntries(found.sort()), Object.fromEntries([...gates].sort()));
    });

  it("have kubelets ask for serving certificates once the new CA signs, before anything looks for the old one", async () => {
    const asked = new Map<string, Asked>();
    const { inCluster, ...rotated } = FIXTURES["generated CAs, rotated"];
    const args = argsWith({
      ...rotated,
      inCluster: { ...(inCluster as object), approveKubeletServing: true },
      certificates: { profiles: { "kubelet-server": { enabled: false } } },
    });
    // a run would ask a control plane for what is pending (everyRun.test.ts)
    const all = await registeredBy(() => new ClusterPki("prod", args).certificates, true, asked);
    await disconnect();
    const waits = (name: string) => waitsFor({ all, asked }, `prod-${name}`);
    for (const [step, after] of inTurn("serving", "last apply"))
      assert.deepEqual(waits(step), sorted(after).split(", "));
    for (const step of ["cp1-tokens", "in-cluster-scan", "cp1-check"])
      assert.ok(waits(step).includes("last serving"), `${step}: ${waits(step).join(", ")}`);
  });

  it("issue every leaf from a request of its own node", async () => {
    const graph = await graphOf(FIXTURES["generated CAs"]);
    const leaves = graph.all.filter(({ name, type }) => kindOf(name, type) === "NODE-LEAF");
    assert.equal(leaves.length, leavesOf(FIXTURES["generated CAs"]).length);
    for (const { name } of leaves) assert.deepEqual(waitsFor(graph, name), ["own request"], name);
  });

  it("let Vault sign no leaf before leaves say where their CA and revocation list are", async () => {
    const { all, asked } = await graphOf(FIXTURES["CAs in Vault"]);
    const roles = all.filter(({ name, type }) => kindOf(name, type).endsWith("-role-LEAF"));
    const profiles = new Set(leavesOf(FIXTURES["CAs in Vault"]).map(({ profile }) => profile));
    assert.equal(roles.length, profiles.size + 1, "one for each, and the administrator's");
    for (const { name } of roles) {
      const [authority = ""] = name.replace("prod-", "").split("-");
      assert.ok(asked.get(name)?.dependsOn.includes(`prod-${authority}-mount-urls`), name);
    }
    for (const authority of ["kubernetes", "etcd", "frontProxy"]) {
      const waits = asked.get(`prod-${authority}-mount-urls`)?.dependsOn;
      assert.ok(
        waits?.includes(`prod-${authority}-mount-cluster`),
        "a template is refused while the path is not there",
      );
    }
  });

  for (const [fixture, last] of [
    ["generated CAs", ["w1-apply"]],
    ["generated CAs, that of etcd alone rotated", ["w1-retire"]],
    ["generated CAs, rotated", ["in-cluster-cluster-info", "in-cluster-authentication"]],
  ] as const)
    it(`give out kubeconfigs, with ${fixture}, once all has come to its last step`, async () => {
      const asked = new Map<string, Asked>();
      const args = argsWith(FIXTURES[fixture]);
      await registeredBy(
        () => {
          const { kubeconfigs } = new ClusterPki("prod", args);
          return new Consumer("consumer", { kubeconfigs }).urn;
        },
        false,
        asked,
      );
      const waits = asked.get("consumer")?.dependsOn;
      for (const step of last) assert.ok(waits?.includes(`prod-${step}`), step);
    });
});

class Consumer extends pulumi.CustomResource {
  constructor(name: string, inputs: pulumi.Inputs) {
    super("test:index:Consumer", name, inputs);
  }
}
