import assert from "node:assert/strict";
import { configWarnings } from "../../../core/config/warnings";
import { MINORS } from "../../../core/model/kubernetesMinors";
import { PROFILE_NAMES } from "../../../core/model/profiles";
import { unknownMinorText } from "../../../core/format/kubernetesVersion";
import { config, hostKeyOf, makeCa, node, NOW, parsed, type Raw } from "./fixtures";
import { opensslCa, rsa } from "./openssl";

const DIFFERENT = { ssh: { hostKey: hostKeyOf("ecdsa-sha2-nistp384") } };
const cp1 = node("cp1", "10.0.0.1", { roles: ["control-plane"] });
const w1 = node("w1", "10.0.0.2", DIFFERENT);
const nodes = (...more: readonly Raw[]): Raw => ({ nodes: [cp1, w1, ...more] });
const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const certificates = (changes: Raw): Raw => ({ certificates: changes });

const told = (changes: Raw): readonly string[] => configWarnings(parsed(config({ ...nodes(), ...changes })), NOW);

const CASES: readonly (readonly [Raw, string])[] = [
  [
    { asOf: "2026-12-31" },
    "asOf: everything is planned for 2026-12-31T00:00:00Z, in this run and in each to come; remove it after use: `pulumi config rm kube-pki:asOf`",
  ],
  [
    { asOf: "2026-05-31T23:00:00Z" },
    "asOf: everything is planned for 2026-05-31T23:00:00Z, in this run and in each to come; remove it after use: `pulumi config rm kube-pki:asOf`",
  ],
  [
    { ssh: { agent: true, insecureIgnoreHostKeys: true } },
    "ssh.insecureIgnoreHostKeys: any host is taken for a node, and gets its keys; give each node's ssh.hostKey and remove it",
  ],
  [
    nodes(node("w2", "10.0.0.3"), node("w3", "10.0.0.4")),
    "nodes: cp1 and w2 and w3 have the same ssh.hostKey, as clones of one image do; create new ones on them (remove /etc/ssh/ssh_host_*, run `ssh-keygen -A`), or give each its own",
  ],
  [
    { ssh: { agent: true, user: "ops" } },
    "ssh.sudo: ops has to be root on the nodes; set it to true, or log in as root",
  ],
  [
    cluster({ endpoint: "10.0.0.2" }),
    "cluster.endpoint: 10.0.0.2 is w1, which runs no API server; give a control plane's address or a load balancer's",
  ],
  [
    nodes(node("cp2", "10.0.0.3", { roles: ["control-plane"], ssh: { hostKey: hostKeyOf("ecdsa-sha2-nistp384") } })),
    "nodes: 2 members of etcd stand the loss of no more than 1 do; have one more or one less",
  ],
  [
    cluster({ extraSans: ["*.com", "*.example.com"] }),
    "cluster.extraSans: *.com is every name below a top-level domain; give those that are yours",
  ],
  [
    { nodes: [{ ...cp1, extraSans: Array.from({ length: 101 }, (_, at) => `a${String(at)}.example.com`) }, w1] },
    "nodes[0].extraSans: 101 names are in each certificate and in each handshake; give a name with *. in place of many",
  ],
  [
    certificates({ validity: "2h" }),
    "certificates: renewed every 1h20m, so that each daily run renews them and restarts their services",
  ],
  [
    certificates({ profiles: { "kube-proxy": { validity: "365d", renewEvery: "360d" } } }),
    'certificates.profiles["kube-proxy"]: 5d are left when one is due, and no run may fail or come later than that; raise renewBefore',
  ],
  [
    {
      ...nodes(node("w2", "10.0.0.3", { ssh: { hostKey: hostKeyOf("ecdsa-sha2-nistp384") } })),
      rollout: { workersAtOnce: "100%", canary: false },
    },
    "rollout: all workers change at once and none before the others, so that a fault is seen on all of them; set canary: true",
  ],
  [
    {
      rollout: {
        readers: [
          { kind: "static-pod", name: "kube-vip", reads: ["/etc/kubernetes/admin.conf"] },
          {
            kind: "systemd",
            name: "agent",
            roles: ["worker"],
            reads: ["/etc/kubernetes/pki/ca.crt", "/etc/agent/ca.crt"],
          },
        ],
      },
    },
    "rollout.readers[1].reads: /etc/agent/ca.crt is no file of the stack on a node of worker, so that no change of it restarts agent",
  ],
  [
    cluster({ dnsDomain: "svc.cluster.local" }),
    "cluster.dnsDomain: services are then called NAME.NAMESPACE.svc.svc.cluster.local; did you mean cluster.local?",
  ],
  [
    cluster({ kubernetesVersion: `1.${String(MINORS.newest + 1)}.0` }),
    unknownMinorText(`1.${String(MINORS.newest + 1)}.0`),
  ],
];

describe("what is seldom meant in a stack file", () => {
  it("is not in an ordinary one", () => {
    for (const changes of [
      {},
      { ssh: { agent: true, user: "ops", sudo: true } },
      certificates({ renewBefore: "33%" }),
      cluster({ endpoint: "10.0.0.1" }),
    ])
      assert.deepEqual(told(changes), []);
  });

  for (const [changes, sentence] of CASES)
    it(sentence, () => {
      assert.deepEqual(told(changes), [sentence]);
    });

  it("is one CA for several authorities", async () => {
    const ca = await makeCa("kubernetes");
    assert.deepEqual(told({ authority: { kubernetes: ca, etcd: ca, frontProxy: await makeCa("front-proxy") } }), [
      "authority: kubernetes and etcd have the same CA, so that a client of one is a client of all: a kubelet's certificate opens etcd; replace it by separate ones (rotation: { generation: 2 })",
    ]);
  });

  it("is a new CA beside existing ones", async () => {
    const authority = { kubernetes: await makeCa("kubernetes") };
    const sentence =
      "authority: kubernetes is given and a new CA is created for etcd and frontProxy, which is right for a new cluster only; of an existing one give that CA too, as authority.etcd, or its fingerprint as adopt.etcd";
    assert.deepEqual(told({ authority }), [sentence]);
    const adopt = { etcd: "ab".repeat(32), frontProxy: "cd".repeat(32) };
    assert.deepEqual(told({ authority, adopt, rollout: { acceptEtcdDowntime: true } }), []);
  });

  it("is a CA that is weaker than any that is generated", () => {
    const weak = { kubernetes: opensslCa({ key: rsa(1024) }), etcd: opensslCa({}), frontProxy: opensslCa({}) };
    const sentences = told({ authority: weak, asOf: "2090-01-01T00:00:00Z" });
    assert.ok(
      sentences.includes(
        "authority.kubernetes: RSA of 1024 bits can be broken; replace the CA (rotation: { generation: 2 })",
      ),
      sentences.join("\n"),
    );
    assert.ok(!sentences.some((sentence) => sentence.startsWith("authority.etcd: ")));
  });

  it("is a stack that manages nothing", () => {
    const profiles = Object.fromEntries(PROFILE_NAMES.map((name) => [name, { enabled: false }]));
    assert.deepEqual(
      told({ ...nodes(), nodes: [{ ...cp1, roles: ["control-plane", "etcd"] }, w1], ...certificates({ profiles }) }),
      ["certificates.profiles: all are disabled, so that no certificate is renewed"],
    );
  });
});
