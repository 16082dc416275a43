import assert from "node:assert/strict";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterPkiArgs } from "../../components";
import { programFrom } from "../../components/localStep";
import type { ClusterPayload } from "../../core/cluster/payload";
import { Inputs } from "../../components/inputs";
import { InCluster } from "../../components/inCluster/inCluster";
import { argsWith, NOW } from "../core/fixture";
import { registeredBy, type Asked, type Registered } from "./mocks";

const BASE = "prod-in-cluster";
const KEY = "-----BEGIN PRIVATE KEY-----";
const SECRET = "4dabf18193072939515e22adb298388d";

class Step extends pulumi.CustomResource {
  constructor(name: string, dependsOn: readonly pulumi.Input<pulumi.Resource>[] = []) {
    super("test:index:Step", name, {}, { dependsOn: [...dependsOn] });
  }
}

/** As the cluster's component summary: the steps of the nodes are stood in for by one resource each. */
const program = (args: ClusterPkiArgs, kubeconfig: string | undefined) => (): pulumi.Output<unknown> => {
  const { now = NOW, ...sections } = args;
  const inputs = new Inputs("prod", sections, now);
  const inCluster = new InCluster(BASE, {
    inputs,
    kubeconfig,
    trust: {
      ca: pulumi.output("NEW\n"),
      rotating: pulumi.output("NEW\nOLD\n"),
      final: pulumi.output("NEW\n"),
      old: pulumi.output("OLD\n"),
    },
    frontProxy: pulumi.output("FRONT\n"),
    generations: pulumi.output({
      kubernetes: ["OLD", "NEW"],
      etcd: ["OLD E\n", "NEW E\n"],
      frontProxy: ["OLD F\n", "NEW F\n"],
      serviceAccount: [],
    }),
    attempt: pulumi.output("r1"),
    tokenKid: pulumi.output("kid"),
    runOn: inputs.config.nodes[0]!,
    certificates: pulumi.output([]),
    held: { "own.hook": { certificate: "CERT\n", key: KEY } },
  });
  const published = inCluster.at("afterTrust", [new Step("trusted")]);
  const mounted = inCluster.at("afterPublished", published);
  const applied = new Step("applied", inCluster.at("beforeIssue", [new Step("mounts", published), ...mounted]));
  const issued = inCluster.at("afterApply", [applied]);
  const looked = new Step("looked", inCluster.at("afterIssue", issued));
  const retired = new Step("retired", inCluster.at("beforeRetire", [looked]));
  const end = new Step("end", inCluster.at("afterRetire", [retired]));
  return end.urn;
};

const run = async (
  changes: Readonly<Record<string, unknown>>,
  { preview = false, canSign = true }: { preview?: boolean; canSign?: boolean } = {},
) => {
  const asked = new Map<string, Asked>();
  const all = await registeredBy(program(argsWith(changes), canSign ? `users: ${KEY}` : undefined), preview, asked);
  const ours = all.filter(({ name }) => name.startsWith(`${BASE}-`));
  const nouns = ours.map(({ name }) => name.slice(BASE.length + 1)).sort();
  const find = (nameSuffix: string): Registered => {
    const found = ours.find(({ name }) => name === `${BASE}-${nameSuffix}`);
    assert.ok(found, `no ${nameSuffix} among ${nouns.join(" ")}`);
    return found;
  };
  const of = (name: string): Asked => asked.get(name)!;
  const after = (nameSuffix: string): string[] =>
    of(`${BASE}-${nameSuffix}`)
      .dependsOn.map((name) => name.replace(`${BASE}-`, ""))
      .sort();
  return { ours, nouns, find, of, after };
};

/** What a step in the cluster is given. */
const jobOf = ({ inputs }: Registered): ClusterPayload => JSON.parse(String(inputs["stdin"])) as ClusterPayload;

/** Where a text stands in inputs outside the engine's envelope for secrets. */
const plain = (value: unknown): boolean => {
  if (typeof value === "string") return value.includes(KEY);
  if (typeof value !== "object" || value === null || SECRET in value) return false;
  return Object.values(value).some(plain);
};

const workload = (kind: string, name: string) => ({ kind, namespace: "kube-system", name });

describe("the program of a step in the cluster", () => {
  for (const [folder, path] of [
    ["/home/ann/pki", "node_modules/kube-pki/cli/kube-pki"],
    ["/home/ann/pki/stacks", "../node_modules/kube-pki/cli/kube-pki"],
    [undefined, "/home/ann/pki/node_modules/kube-pki/cli/kube-pki"],
  ] as const)
    it(`is named as seen from ${folder ?? "nowhere"}`, () => {
      assert.equal(programFrom(folder, "/home/ann/pki/node_modules/kube-pki/cli/kube-pki"), path);
    });
});

describe("InCluster", () => {
  const inCluster = {
    restart: [workload("Deployment", "coredns"), workload("StatefulSet", "store"), workload("DaemonSet", "canal")],
    caBundles: [{ kind: "APIService", name: "v1.example.com" }],
  };
  const everything = { rotation: { generation: 2 }, inCluster };

  it("does nothing at all where nothing is rotated", async () => {
    const { nouns, of } = await run({});
    assert.deepEqual(nouns, []);
    assert.deepEqual([...of("applied").dependsOn].sort(), ["mounts", "trusted"]);
    assert.deepEqual(of("end").dependsOn, ["retired"]);
  });

  it("has the same resources in a preview as in an up", async () => {
    assert.deepEqual((await run(everything, { preview: true })).nouns, (await run(everything)).nouns);
  });

  const TRUST = ["ca-bundles-trust", "provider"];
  const ROLLOUTS = ["canal", "coredns", "store"];
  const restarts = (nouns: readonly string[]) => nouns.filter((nameSuffix) => nameSuffix.startsWith("restart-"));

  it("has what each phase needs", async () => {
    const seen: string[][] = [];
    for (const phase of ["trust", "issue", "done"])
      seen.push((await run({ ...everything, rotation: { generation: 2, phase } })).nouns);
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(
      seen[0]!.filter((nameSuffix) => !nameSuffix.startsWith("restart-")),
      [...TRUST, "may-restart", "mounted-elsewhere", "root-ca"].sort(),
    );
    assert.deepEqual(
      seen[2]!.filter((nameSuffix) => !seen[0]!.includes(nameSuffix)),
      ["authentication", "ca-bundles-retire", "cluster-info", "scan", "tokens"],
    );
    assert.equal(restarts(seen[0]!).length, ROLLOUTS.length);
  });

  it("keeps its resources as they are from phase to phase", async () => {
    const inputs: Record<string, string>[] = [];
    for (const phase of ["trust", "issue", "done"]) {
      const { ours } = await run({ ...everything, rotation: { generation: 2, phase } });
      inputs.push(Object.fromEntries(ours.map(({ name, inputs: each }) => [name, JSON.stringify(each)])));
    }
    const [trust, issue, done] = inputs;
    assert.deepEqual(issue, trust);
    const changed = Object.keys(trust!).filter((name) => trust![name] !== done![name]);
    assert.deepEqual(changed, []);
  });

  it("takes nodes without ssh along: trust before any certificate, theirs before the look, retire at the end", async () => {
    const workers = { inCluster: { workers: { image: "busybox:1.37.0" } } };
    const { nouns, find, after, of } = await run({ rotation: { generation: 2 }, ...workers });
    assert.deepEqual(
      nouns.filter((nameSuffix) => nameSuffix.startsWith("workers-")),
      ["workers-issue", "workers-retire", "workers-trust"],
    );
    assert.deepEqual(after("workers-trust"), ["trusted"]);
    assert.ok(of("mounts").dependsOn.includes(`${BASE}-workers-trust`));
    assert.deepEqual(after("workers-issue"), ["applied"]);
    assert.ok(after("scan").includes("workers-issue"));
    assert.deepEqual(after("workers-retire"), ["retired"]);
    const { job } = jobOf(find("workers-issue"));
    assert.deepEqual([job.tasks, job.workers?.namespace, job.workers?.atOnce], [["workers"], "kube-system", "25%"]);
    const steps = (each: Registered) => (jobOf(each).job.workers?.steps ?? []).join("");
    assert.match(steps(find("workers-retire")), /^round r1$/m, "a rotation that was cut and given up is another one");
    assert.doesNotMatch(steps(find("workers-trust")), /^round /m);
    for (const line of ["issue", "check"]) assert.match(steps(find("workers-issue")), new RegExp(`^${line}$`, "m"));
    const soaking = await run({ rotation: { generation: 2, phase: "issue" }, ...workers });
    assert.doesNotMatch(steps(soaking.find("workers-issue")), /^check$/m);
    assert.ok(!soaking.nouns.includes("workers-retire"));
  });

  it("leaves one CA to those who join when every node has dropped the other", async () => {
    const { find, after } = await run({ rotation: { generation: 2 } });
    const { kubeconfig = "" } = find("cluster-info").inputs["data"] as { kubeconfig?: string };
    const [, data = ""] = /authority-data: (\S+)/.exec(kubeconfig) ?? [];
    assert.equal(Buffer.from(data, "base64").toString(), "NEW\n");
    assert.deepEqual(after("cluster-info"), ["retired"]);
    assert.deepEqual(after("provider"), ["retired"], "the provider is asked for by nothing else");
  });

  it("rolls workloads one after another once every namespace has the new CA, before any certificate changes", async () => {
    const { after, of } = await run(everything);
    assert.deepEqual(after("mounted-elsewhere"), ["ca-bundles-trust", "root-ca"]);
    assert.deepEqual(after("may-restart"), ["mounted-elsewhere", "mounts"]);
    assert.deepEqual(after("restart-daemonset-kube-system.canal"), ["may-restart"]);
    assert.deepEqual(after("restart-deployment-kube-system.coredns"), ["restart-daemonset-kube-system.canal"]);
    assert.deepEqual(after("restart-statefulset-kube-system.store"), ["restart-deployment-kube-system.coredns"]);
    assert.ok(of("applied").dependsOn.includes(`${BASE}-restart-statefulset-kube-system.store`));
  });

  it("rolls them by an annotation on the pods, each kind by its own patch", async () => {
    const { ours } = await run(everything);
    const rolled = ours.filter(({ name }) => name.includes("-restart-"));
    assert.deepEqual(rolled.map(({ type }) => type).sort(), [
      "kubernetes:apps/v1:DaemonSetPatch",
      "kubernetes:apps/v1:DeploymentPatch",
      "kubernetes:apps/v1:StatefulSetPatch",
    ]);
    for (const { name, inputs } of rolled) {
      const { metadata, spec } = inputs as {
        metadata: { namespace: string; name: string };
        spec: { template: { metadata: { annotations: Record<string, string> } } };
      };
      assert.equal(metadata.namespace, "kube-system");
      assert.ok(name.endsWith(`kube-system.${metadata.name}`));
      assert.match(spec.template.metadata.annotations["kube-pki/trusted"]!, /^[0-9a-f]{8}$/);
    }
  });

  it("lets a node roll all of them when told to", async () => {
    const { nouns, find, after } = await run({ rotation: { generation: 2 }, inCluster: { restart: "all" } });
    assert.deepEqual(restarts(nouns), ["restart-all"]);
    assert.equal(jobOf(find("restart-all")).job.since, 1_795_305_600);
    assert.deepEqual(
      after("restart-all"),
      ["mounted-elsewhere", "mounts", "root-ca"],
      "its `since` is what root-ca tells",
    );
  });

  it("looks and refreshes tokens between the last certificate and the first drop, and cleans up after the last", async () => {
    const { after, of } = await run(everything);
    assert.deepEqual(after("scan"), ["applied", "root-ca"]);
    assert.deepEqual(of("looked").dependsOn, [`${BASE}-scan`]);
    assert.deepEqual(after("tokens"), ["looked"], "a token is not dropped while anything is in the way");
    assert.deepEqual(of("retired").dependsOn, [`${BASE}-tokens`]);
    for (const nameSuffix of ["authentication", "ca-bundles-retire"]) assert.deepEqual(after(nameSuffix), ["retired"]);
  });

  it("asks the one node it was given, and seals how it is reached", async () => {
    const { ours } = await run(everything);
    const commands = ours.filter(({ type }) => type === "command:local:Command");
    assert.equal(commands.length, 8);
    for (const { inputs } of commands) {
      assert.equal(
        inputs["create"],
        `node "${join(__dirname, "../../cli/kube-pki")}" cluster-step`,
        "as an inline program",
      );
      const environment = inputs["environment"] as { readonly value: Readonly<Record<string, string>> };
      assert.ok(SECRET in environment);
      const [connection = ""] = Object.values(environment.value);
      assert.equal((JSON.parse(connection) as { host: string }).host, "10.0.0.11");
      const { through, job } = JSON.parse(String(inputs["stdin"])) as ClusterPayload;
      assert.deepEqual(through, { node: "cp1", kubeconfig: "/etc/kubernetes/admin.conf", sudo: false });
      assert.ok(job.tasks.length > 0);
      assert.equal(inputs["delete"], undefined);
      assert.equal(inputs["addPreviousOutputInEnv"], false, "what it printed before is nobody's business");
    }
  });

  it("changes nothing in the cluster when the stack is destroyed", async () => {
    const { ours, of } = await run(everything);
    const patches = ours.filter(({ type }) => type.endsWith("Patch"));
    assert.equal(patches.length, 4);
    for (const { name } of patches) assert.ok(of(name).retainOnDelete, name);
  });

  it("has one provider for all patches, which nothing replaces and whose credentials are a secret", async () => {
    const { ours, find, of, after } = await run(everything);
    for (const { name, type } of ours) {
      assert.equal(of(name).parent, BASE);
      assert.equal(of(name).provider, type.endsWith("Patch") ? `${BASE}-provider` : undefined, name);
    }
    const { inputs } = find("provider");
    assert.equal(inputs["clusterIdentifier"], "kube-pki/prod");
    assert.deepEqual([inputs["enablePatchForce"], inputs["enableConfigMapMutable"]], ["true", "true"]);
    assert.equal((inputs["kubeconfig"] as Record<string, unknown>)[SECRET] === undefined, false);
    assert.deepEqual(
      ours.filter((each) => plain(each.inputs)),
      [],
    );
    assert.deepEqual(after("provider"), ["may-restart"], "API servers must trust the CA that signed its credentials");
  });

  it("leaves out what needs credentials while nobody can sign any, and keeps what a node does", async () => {
    const { ours, nouns } = await run(
      { ...everything, rotation: { generation: 2, phase: "trust" } },
      { canSign: false },
    );
    assert.ok(nouns.includes("root-ca"));
    assert.deepEqual(
      ours.filter(({ type }) => type !== "command:local:Command"),
      [],
    );
  });
});
