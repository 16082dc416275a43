import assert from "node:assert/strict";
import { planCluster, type ClusterPlan } from "../../../core/plan";
import { applyPayload } from "../../../core/protocol/apply";
import { trustPayload } from "../../../core/protocol/trust";
import type { Config } from "../../../core/schema/config";
import { configWith, NOW } from "../fixture";

const CALICO = {
  authority: "etcd",
  commonName: "calico",
  usages: ["client"],
  privileged: true,
  roles: ["control-plane", "worker"],
  files: {
    certificate: "/etc/calico/{node}.crt",
    key: "/etc/calico/etcd.key",
    ca: "/etc/calico/ca.crt",
    group: "calico",
    mode: "0640",
  },
  readers: [{ kind: "systemd", name: "calico" }],
};
const METRICS = {
  authority: "kubernetes",
  usages: ["server", "client"],
  sans: ["{node}", "{address}", "Metrics.Example.com"],
  nodes: ["w2"],
  files: { certificate: "/etc/metrics/tls.crt", key: "/etc/metrics/tls.key" },
  readers: [{ kind: "systemd", name: "metrics", listener: { port: 9443 } }],
};
const HOOK = {
  authority: "kubernetes",
  usages: ["server"],
  sans: ["hook.web.svc"],
  secret: { namespace: "web", name: "hook" },
};
const OWN = { "calico-etcd": CALICO, metrics: METRICS, hook: HOOK };

const SHA = "ab".repeat(32);
const ONE_BY_ONE = { rollout: { acceptEtcdDowntime: true } };

const configured = (changes: Readonly<Record<string, unknown>> = {}): Config =>
  configWith({ certificates: { own: OWN }, ...changes });

const nodeOf = (plan: ClusterPlan, name: string) => plan.nodes.find(({ node }) => node.name === name)!;

const ownLeaves = (plan: ClusterPlan, name: string): string[] =>
  nodeOf(plan, name).leaves.flatMap(({ profile }) => (profile.startsWith("own.") ? [profile] : []));

const ISSUED = { certificatePem: "CERT\n", issued: "2026-11-22T00:00:00Z", expires: "2027-11-22T00:00:00Z" };

const applied = (config: Config, name: string): string[] => {
  const plan = planCluster(config, NOW);
  const node = nodeOf(plan, name);
  return applyPayload(plan, node, config, {
    leaves: Object.fromEntries(node.leaves.map(({ profile }) => [profile, ISSUED])),
    trust: { kubernetes: "CA kubernetes\n", etcd: "CA etcd\n", frontProxy: "CA frontProxy\n" },
    caKeys: { kubernetes: "CAKEY\n" },
    serviceAccount: { privatePem: "SA PRIVATE\n", publicPem: "SA PUBLIC\n" },
  }).split("\n");
};

describe("certificates of the user's own", () => {
  const config = configured();
  const plan = planCluster(config, NOW);

  it("are on the nodes of their roles, or on those that are named", () => {
    assert.deepEqual(ownLeaves(plan, "cp1"), ["own.calico-etcd"]);
    assert.deepEqual(ownLeaves(plan, "w1"), ["own.calico-etcd"]);
    assert.deepEqual(ownLeaves(plan, "w2"), ["own.calico-etcd", "own.metrics"]);
    const etcdOnly = planCluster(configured({ certificates: { own: { x: { ...CALICO, roles: ["etcd"] } } } }), NOW);
    assert.deepEqual(ownLeaves(etcdOnly, "w1"), []);
    assert.deepEqual(ownLeaves(etcdOnly, "cp3"), ["own.x"]);
  });

  it("say what the stack file says, of the node that holds them", () => {
    const [calico, metrics] = nodeOf(plan, "w2").leaves.filter(({ profile }) => profile.startsWith("own."));
    assert.deepEqual(
      [calico!.authority, calico!.commonName, calico!.usages, calico!.sans],
      ["etcd", "calico", ["client"], []],
    );
    assert.deepEqual(metrics!.sans, ["DNS:w2", "IP:10.0.0.22", "DNS:metrics.example.com"]);
    assert.deepEqual([metrics!.commonName, metrics!.usages], ["metrics", ["server", "client"]]);
  });

  it("are in the cluster where a Secret is to hold them", () => {
    assert.deepEqual(
      plan.held.map(({ profile, commonName, sans }) => [profile, commonName, sans]),
      [["own.hook", "hook", ["DNS:hook.web.svc"]]],
    );
    const adopted = configured({
      adopt: { kubernetes: SHA, etcd: SHA, frontProxy: SHA },
      rotation: { phase: "trust" },
      ...ONE_BY_ONE,
    });
    assert.deepEqual(planCluster(adopted, NOW).held, [], "a CA whose key nobody has signs nothing");
  });

  it("leave the requests and the clock of all others as they were", () => {
    const without = nodeOf(planCluster(configWith(), NOW), "w2");
    const withOwn = nodeOf(plan, "w2");
    assert.deepEqual(withOwn.groups[0], without.groups[0]);
    assert.deepEqual(
      withOwn.groups.map(({ name }) => name),
      [...without.groups.map(({ name }) => name), "own.calico-etcd", "own.metrics"],
    );
    assert.equal(withOwn.groups.at(-1)!.leaves[0]!.renewal.epoch, without.leaves[0]!.renewal.epoch, "renewed together");
  });

  it("have a policy of their own where one is given", () => {
    const own = { metrics: { ...METRICS, validity: "30d", algorithm: "RSA-2048" } };
    const [leaf] = nodeOf(planCluster(configWith({ certificates: { own } }), NOW), "w2").leaves.slice(-1);
    assert.deepEqual([leaf!.validitySeconds, leaf!.algorithm], [30 * 86_400, "RSA-2048"]);
  });

  it("reach a node as files with their readers, and are asked for where they are served", () => {
    const lines = applied(config, "w2");
    const said = lines.filter((line) => /calico|metrics/.test(line) && !line.startsWith("part "));
    assert.deepEqual(
      said.map((line) => line.replace(/^(leaf \S+) .* (\S+)$/, "$1 .. $2")),
      [
        "leaf own.calico-etcd .. ca:etcd",
        "leaf own.metrics .. ca:kubernetes",
        "file /etc/calico/w2.crt 0644 root calico cert:own.calico-etcd",
        "file /etc/calico/etcd.key 0640 root calico key:own.calico-etcd",
        "file /etc/calico/ca.crt 0644 root calico ca:etcd",
        "file /etc/metrics/tls.crt 0644 root root cert:own.metrics",
        "file /etc/metrics/tls.key 0600 root root key:own.metrics",
        "guard /etc/calico/ca.crt ca:etcd",
        "only /etc/calico/ca.crt ca:etcd",
        "use calico restart /etc/calico/w2.crt",
        "use calico restart /etc/calico/etcd.key",
        "use calico restart /etc/calico/ca.crt",
        "use metrics restart /etc/metrics/tls.crt",
        "use metrics restart /etc/metrics/tls.key",
        "consumer calico systemd calico",
        "consumer metrics systemd metrics",
        "served metrics 10.0.0.22:9443 own.metrics",
      ],
    );
  });

  it("prove nothing of the layout's services", () => {
    const services = applied(config, "cp1").filter((line) => /^(trusts|chain) /.test(line));
    assert.ok(services.length > 0);
    assert.deepEqual(
      services.filter((line) => line.includes("/etc/calico")),
      [],
    );
  });

  it("have a CA file that follows a rotation, and a leaf that has to be of the new CA before the old one goes", () => {
    const rotating = configured({ rotation: { generation: 2 }, ...ONE_BY_ONE });
    const of = ["G1\n", "G2\n"];
    const generations = { kubernetes: of, etcd: of, frontProxy: of, serviceAccount: of };
    const node = nodeOf(planCluster(rotating, NOW), "w1");
    const lines = (step: "trust" | "retire") =>
      trustPayload(step, { managesServiceAccount: true }, node, rotating, generations)
        .split("\n")
        .filter((line) => line.includes("calico"));
    assert.deepEqual(lines("trust"), [
      "file /etc/calico/ca.crt 0644 root calico ca:etcd",
      "guard /etc/calico/ca.crt ca:etcd,ca:etcd:g1",
      "have /etc/calico/w1.crt cert:own.calico-etcd ca:etcd",
      "have /etc/calico/etcd.key key:own.calico-etcd -",
      "use calico restart /etc/calico/ca.crt",
      "consumer calico systemd calico",
      "needs calico own.calico-etcd",
    ]);
    assert.deepEqual(
      lines("retire").filter((line) => line.startsWith("use ")),
      [],
      "whom it trusts in memory is no matter",
    );
  });

  it("share a program with rollout.readers", () => {
    const readers = [
      { kind: "systemd", name: "calico", reads: ["/etc/kubernetes/pki/etcd/ca.crt"], roles: ["control-plane"] },
    ];
    const lines = applied(configured({ rollout: { readers } }), "cp1");
    assert.deepEqual(
      lines.filter((line) => /^(consumer|use) calico/.test(line)),
      [
        "use calico restart /etc/kubernetes/pki/etcd/ca.crt",
        "use calico restart /etc/calico/cp1.crt",
        "use calico restart /etc/calico/etcd.key",
        "use calico restart /etc/calico/ca.crt",
        "consumer calico systemd calico",
      ],
    );
  });
});
