import assert from "node:assert/strict";
import { config, HOST_KEY, node, problems, type Raw } from "./fixtures";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const second = (changes: Raw): Raw => ({
  nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), { ...node("w1", "10.0.0.2"), ...changes }],
});
const certificates = (changes: Raw): Raw => ({ certificates: changes });
const window = (changes: Raw): Raw => ({ rollout: { window: { from: "22:00", to: "06:00", ...changes } } });
const file = (changes: unknown): Raw => ({ files: { "/etc/kubernetes/pki/ca.crt": changes } });
const MODE = 'files["/etc/kubernetes/pki/ca.crt"].mode';
const vault = { address: "https://vault.example.com:8200" };

/** What was written, where, and what was meant. */
const MEANT: readonly (readonly [Raw, field: string, hint: string])[] = [
  [{ rotation: { generation: 2, phase: "Trust" } }, "rotation.phase", 'did you mean "trust"?'],
  [{ authority: { kind: "Vault", vault } }, "authority.kind", 'did you mean "vault"?'],
  [{ authority: { kind: "OpenBao", vault } }, "authority.kind", 'did you mean "vault"?'],
  [certificates({ keyLocation: "State" }), "certificates.keyLocation", 'did you mean "state"?'],
  [{ inCluster: { restart: "All" } }, "inCluster.restart", 'did you mean "all"?'],
  [
    { inCluster: { restart: [{ kind: "Daemonset", namespace: "x", name: "x" }] } },
    "inCluster.restart[0].kind",
    'did you mean "DaemonSet"?',
  ],
  [certificates({ algorithm: "ecdsa-p256" }), "certificates.algorithm", 'did you mean "ECDSA-P256"?'],
  [certificates({ algorithm: "ECDSA-P265" }), "certificates.algorithm", 'did you mean "ECDSA-P256"?'],
  [second({ roles: ["controlplane"] }), "nodes[1].roles[0]", 'did you mean "control-plane"?'],
  [second({ roles: "worker" }), "nodes[1].roles", 'did you mean ["worker"]?'],
  [{ layout: "hard-way" }, "layout", 'did you mean "hardway"?'],

  [second({ ssh: { hostKey: HOST_KEY, port: "2222" } }), "nodes[1].ssh.port", "did you mean 2222, without quotes?"],
  [second({ name: 1 }), "nodes[1].name", 'did you mean "1", in quotes?'],
  [cluster({ name: 123 }), "cluster.name", 'did you mean "123", in quotes?'],
  [second({ name: "W_1" }), "nodes[1].name", 'did you mean "w-1"?'],
  [{ rollout: { workersAtOnce: "5" } }, "rollout.workersAtOnce", "did you mean 5, without quotes?"],
  [
    { inCluster: { user: { exec: { command: "x", env: { A: 1 } } } } },
    "inCluster.user.exec.env.A",
    'did you mean "1", in quotes?',
  ],

  ...(
    [
      ["12 months", 'years and months have no fixed length, did you mean "365d"?'],
      ["P1Y", 'years and months have no fixed length, did you mean "365d"?'],
      ["2 weeks", 'did you mean "14d"?'],
      ["30 days", 'did you mean "30d"?'],
      [90, 'did you mean "90d" or "90h"?'],
      ["90", 'did you mean "90d" or "90h"?'],
      ["30D", 'did you mean "30d"?'],
      ["365 d", 'did you mean "365d"?'],
    ] as const
  ).map(([validity, hint]) => [certificates({ validity }), "certificates.validity", hint] as const),

  [cluster({ endpoint: "https://api:6443/x" }), "cluster.endpoint", 'did you mean "api:6443"?'],
  [cluster({ endpoint: "api.example.com/" }), "cluster.endpoint", 'did you mean "api.example.com"?'],
  [cluster({ endpoint: "api.example.com." }), "cluster.endpoint", 'did you mean "api.example.com"?'],
  [cluster({ kubernetesVersion: "v1.36.3+k3s1" }), "cluster.kubernetesVersion", 'did you mean "v1.36.3"?'],
  [cluster({ kubernetesVersion: "1.36.0-rc.1" }), "cluster.kubernetesVersion", 'did you mean "1.36.0"?'],
  [
    cluster({ serviceCidrs: "10.96.0.0/12,fd00::/108" }),
    "cluster.serviceCidrs",
    'did you mean ["10.96.0.0/12", "fd00::/108"]?',
  ],
  [cluster({ extraSans: ["münchen.example"] }), "cluster.extraSans[0]", 'did you mean "xn--mnchen-3ya.example"?'],
  [second({ address: "10.0.0.2/24" }), "nodes[1].address", 'did you mean "10.0.0.2"?'],

  [
    { rollout: { window: { from: "22:00", to: "06:00", days: ["Saturday"] } } },
    "rollout.window.days[0]",
    'did you mean "Sat"?',
  ],

  // what people paste from other places
  [cluster({ kubernetesVersion: "1.036.3" }), "cluster.kubernetesVersion", 'did you mean "1.36.3"?'],
  [cluster({ endpoint: "10.0.0.9:6443/healthz" }), "cluster.endpoint", 'did you mean "10.0.0.9:6443"?'],
  [cluster({ endpoint: { host: "10.0.0.9", port: 6443 } }), "cluster.endpoint", 'did you mean "10.0.0.9:6443"?'],
  [cluster({ endpoint: ["10.0.0.9:6443"] }), "cluster.endpoint", 'did you mean "10.0.0.9:6443"?'],
  [cluster({ endpoint: "api:06443" }), "cluster.endpoint", 'did you mean "api:6443"?'],
  [cluster({ endpoint: "[10.0.0.9]:6443" }), "cluster.endpoint", 'did you mean "10.0.0.9:6443"?'],
  [cluster({ endpoint: "root@10.0.0.9" }), "cluster.endpoint", 'did you mean "10.0.0.9"?'],
  [
    cluster({ endpoint: "10.0.0.8:6443,10.0.0.9:6443" }),
    "cluster.endpoint",
    'did you mean "10.0.0.8:6443" or "10.0.0.9:6443"?',
  ],
  [
    cluster({ serviceCidrs: ["10.244.0.0/16", "10.96.0.0/12"] }),
    "cluster.serviceCidrs",
    'did you mean "10.244.0.0/16" or "10.96.0.0/12"?',
  ],
  [
    cluster({ serviceCidrs: "10.96.0.0/12 fd00::/108" }),
    "cluster.serviceCidrs",
    'did you mean ["10.96.0.0/12", "fd00::/108"]?',
  ],
  [cluster({ serviceCidrs: "[fd00::]/108" }), "cluster.serviceCidrs", 'did you mean "fd00::/108"?'],
  [cluster({ dnsDomain: ".cluster.local" }), "cluster.dnsDomain", 'did you mean "cluster.local"?'],
  [cluster({ extraSans: ["api.example.com:6443"] }), "cluster.extraSans[0]", 'did you mean "api.example.com"?'],
  [cluster({ extraSans: ["[fd00::1]"] }), "cluster.extraSans[0]", 'did you mean "fd00::1"?'],
  [cluster({ extraSans: ["[fd00::1]:6443"] }), "cluster.extraSans[0]", 'did you mean "fd00::1"?'],
  [cluster({ extraSans: ["DNS:api.example.com"] }), "cluster.extraSans[0]", 'did you mean "api.example.com"?'],
  [cluster({ extraSans: ["IP Address:10.0.0.9"] }), "cluster.extraSans[0]", 'did you mean "10.0.0.9"?'],
  [cluster({ extraSans: [["a.example.com"]] }), "cluster.extraSans[0]", 'did you mean "a.example.com"?'],
  [
    cluster({ extraSans: ["a.example.com, b.example.com"] }),
    "cluster.extraSans[0]",
    'give each as an entry of its own: "a.example.com", "b.example.com"',
  ],
  [
    cluster({ extraSans: "a.example.com b.example.com" }),
    "cluster.extraSans",
    'did you mean ["a.example.com", "b.example.com"]?',
  ],
  [cluster({ extraSans: null }), "cluster.extraSans", "leave it out, or give a value"],
  [{ layout: null }, "layout", "leave it out, or give a value"],
  [second({ address: "[fd00::2]" }), "nodes[1].address", 'did you mean "fd00::2"?'],
  [second({ address: "10.0.0.2:22" }), "nodes[1].address", 'did you mean "10.0.0.2"?'],
  [second({ address: "10.0.0.002" }), "nodes[1].address", 'did you mean "10.0.0.2"?'],
  [second({ address: ["10.0.0.2", "fd00::2"] }), "nodes[1].address", 'did you mean "10.0.0.2" or "fd00::2"?'],
  [second({ address: "10.0.0.2,fd00::2" }), "nodes[1].address", 'did you mean "10.0.0.2" or "fd00::2"?'],
  [second({ roles: ["node-role.kubernetes.io/control-plane"] }), "nodes[1].roles[0]", 'did you mean "control-plane"?'],
  [second({ ssh: "ann@10.0.0.2:2222" }), "nodes[1].ssh", 'did you mean { host: "10.0.0.2", user: "ann", port: 2222 }?'],
  [second({ ssh: { hostKey: HOST_KEY, host: "10.0.0.2:22" } }), "nodes[1].ssh.host", 'did you mean "10.0.0.2"?'],
  [
    second({ ssh: { hostKey: `10.0.0.2 ${HOST_KEY}` } }),
    "nodes[1].ssh.hostKey",
    "a host is in front of it, which is left out",
  ],
  [
    second({ ssh: { hostKey: "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8" } }),
    "nodes[1].ssh.hostKey",
    "it is a fingerprint, so give the whole key",
  ],
  [
    second({ ssh: { hostKey: "/etc/ssh/ssh_host_ed25519_key.pub" } }),
    "nodes[1].ssh.hostKey",
    "it is the path of a file, so give the line in it",
  ],
  [second({ ssh: { hostKey: HOST_KEY.slice(0, 50) } }), "nodes[1].ssh.hostKey", "it is damaged, so copy all of it"],
  [{ ssh: "agent" }, "ssh", "did you mean { agent: true }?"],
  [
    { ssh: { agent: true, bastion: "ann@jump.example.com" } },
    "ssh.bastion",
    'did you mean { host: "jump.example.com", user: "ann" }?',
  ],

  // what YAML makes of it
  [file({ mode: 416 }), MODE, 'did you mean "0640"?'],
  [file({ mode: 640 }), MODE, 'did you mean "0640"?'],
  [file({ mode: "640" }), MODE, 'did you mean "0640"?'],
  [file({ mode: "0o640" }), MODE, 'did you mean "0640"?'],
  [{ restart: false }, "restart", 'did you mean "never"?'],
  [{ restart: "no" }, "restart", 'did you mean "never"?'],
  [{ rollout: { workersAtOnce: 0.25 } }, "rollout.workersAtOnce", 'did you mean "25%"?'],
  [{ rollout: { workersAtOnce: "all" } }, "rollout.workersAtOnce", 'did you mean "100%"?'],
  [window({ from: 22 }), "rollout.window.from", 'did you mean "22:00"?'],
  [window({ from: "6:00" }), "rollout.window.from", 'did you mean "06:00"?'],
  [window({ from: "10pm" }), "rollout.window.from", 'did you mean "22:00"?'],
  [window({ from: "12am" }), "rollout.window.from", 'did you mean "00:00"?'],
  [window({ to: "24:00" }), "rollout.window.to", 'did you mean "00:00"?'],
  [window({ from: "22:00:00" }), "rollout.window.from", 'did you mean "22:00"?'],
  [window({ days: [6] }), "rollout.window.days[0]", 'did you mean "Sat"?'],
  [window({ days: ["Mon-Wed"] }), "rollout.window.days[0]", 'give each as an entry of its own: "Mon", "Tue", "Wed"'],
  [window({ timeZone: "Berlin" }), "rollout.window.timeZone", 'did you mean "Europe/Berlin"?'],
  [{ asOf: "2026-12-31T00:00:00" }, "asOf", 'did you mean "2026-12-31T00:00:00Z"?'],
  [{ asOf: "2026-12-31 00:00" }, "asOf", 'did you mean "2026-12-31T00:00:00Z"?'],
  [{ asOf: "31.12.2026" }, "asOf", 'did you mean "2026-12-31T00:00:00Z"?'],
  [{ asOf: 1_798_675_200 }, "asOf", 'did you mean "2026-12-31T00:00:00Z"?'],
  [certificates({ validity: "PT8760H" }), "certificates.validity", 'did you mean "365d"?'],
  [certificates({ validity: "1.5d" }), "certificates.validity", 'did you mean "36h"?'],
  [certificates({ renewBefore: "0.33" }), "certificates.renewBefore", 'did you mean "33%"?'],
  [certificates({ renewBefore: "33.3 %" }), "certificates.renewBefore", 'did you mean "33%"?'],
  [certificates({ renewBefore: "33,3%" }), "certificates.renewBefore", 'did you mean "33%"?'],
  [certificates({ renewEvery: "weekly" }), "certificates.renewEvery", 'did you mean "7d"?'],
  [
    certificates({ renewEvery: "@monthly" }),
    "certificates.renewEvery",
    'years and months have no fixed length, did you mean "30d"?',
  ],

  // by other names
  [{ authority: { kind: "self-signed" } }, "authority.kind", 'did you mean "embedded"?'],
  [{ authority: { kind: "vault-pki", vault } }, "authority.kind", 'did you mean "vault"?'],
  [
    { authority: { kind: "vault", vault: { address: "vault.example.com:8200" } } },
    "authority.vault.address",
    'did you mean "https://vault.example.com:8200"?',
  ],
  [
    { authority: { kind: "vault", vault: { ...vault, approle: "auth/approle" } } },
    "authority.vault.approle",
    'did you mean "approle"?',
  ],
  [
    { authority: { kind: "vault", vault: { ...vault, mounts: { etcd: "v1/pki" } } } },
    "authority.vault.mounts.etcd",
    'did you mean "pki"?',
  ],
  [certificates({ algorithm: "ECDSA" }), "certificates.algorithm", 'did you mean "ECDSA-P256"?'],
  [certificates({ algorithm: "secp256r1" }), "certificates.algorithm", 'did you mean "ECDSA-P256"?'],
  [certificates({ algorithm: 4096 }), "certificates.algorithm", 'did you mean "RSA-4096"?'],
  [
    certificates({ own: { x: { authority: "kubernetes", usages: ["server auth"] } } }),
    "certificates.own.x.usages[0]",
    'did you mean "server"?',
  ],
  [{ rotation: { generation: 2, phase: "complete" } }, "rotation.phase", 'did you mean "done"?'],
  [{ rotation: { generation: 2, retiredKeys: "delete" } }, "rotation.retiredKeys", 'did you mean "destroy"?'],
  [{ adopt: { etcd: "ab".repeat(20) } }, "adopt.etcd", "40 digits are SHA-1, so give that of -sha256"],
  [
    { adopt: { etcd: "-----BEGIN CERTIFICATE-----" } },
    "adopt.etcd",
    "it is the certificate itself, so give the output of that command",
  ],

  // a map for a list, a list for a map, a value for fields
  [
    { nodes: { cp1: { address: "10.0.0.1" } } },
    "nodes",
    "it is a map, so write each of its entries as one of a list: - { name: cp1, ... }",
  ],
  [
    { users: { alice: {} } },
    "users",
    "it is a map, so write each of its entries as one of a list: - { name: alice, ... }",
  ],
  [{ users: { name: "alice" } }, "users", "write `- ` before it, as an entry of a list"],
  [{ users: "alice" }, "users", 'did you mean [{ name: "alice" }]?'],
  [
    certificates({ profiles: [{ name: "apiserver", validity: "30d" }] }),
    "certificates.profiles",
    "it is a list, so write each of its entries by its name: { apiserver: { ... } }",
  ],
  [
    { services: ["kubelet"] },
    "services",
    "it is a list, so write each of its entries by its name: { kubelet: { ... } }",
  ],
  [{ authority: { etcd: "/etc/kubernetes/pki/etcd/ca.crt" } }, "authority.etcd", "its fields are certificate, key"],
  [{ adopt: true }, "adopt", "its fields are kubernetes, etcd, frontProxy, serviceAccount"],

  [{ users: ["alice"] }, "users[0]", 'did you mean { name: "alice" }?'],
  [{ rotation: 2 }, "rotation", "did you mean { generation: 2 }?"],
  [{ rotation: { etcd: 2 } }, "rotation.etcd", "did you mean { generation: 2 }?"],
  [{ rotation: { phase: "trust", generation: 2, force: '["scan"]' } }, "rotation.force", "it is JSON in a text"],
  [{ certificates: "" }, "certificates", "leave it out where it has no fields"],
];

/** Where nothing near would be taken, or what is near is none of our business. */
const NOTHING: readonly Raw[] = [
  cluster({ endpoint: "a b" }),
  { layout: "kops" },
  certificates({ validity: "90m" }),
  certificates({ validity: "40000d" }),
  second({ ssh: { hostKey: HOST_KEY, user: "a$(id)" } }),
  { ssh: { privateKey: 5 } },
  cluster({ extraSans: [10] }),
  cluster({ extraSans: ["::ffff:10.0.0.9"] }),
  cluster({ name: "prod🚀" }),
  cluster({ name: "-1" }),
  window({ timeZone: "UTC+1" }),
  window({ from: "25:00" }),
  { asOf: "12/31/2026" },
  { authority: { etcd: ["x"] } },
];

describe("values that are nearly right", () => {
  for (const [changes, field, hint] of MEANT)
    it(`${field}: ${hint}`, () => {
      const found = problems(config(changes)).find((problem) => problem.startsWith(`${field}: `)) ?? "none";
      assert.ok(found.includes(`; ${hint}`), found);
    });

  it("are guessed at only where the field would take the guess", () => {
    for (const changes of NOTHING) {
      const found = problems(config(changes));
      assert.ok(found.length > 0, JSON.stringify(changes));
      for (const problem of found) assert.doesNotMatch(problem, /did you mean/);
    }
  });
});
