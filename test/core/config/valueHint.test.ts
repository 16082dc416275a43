import assert from "node:assert/strict";
import { config, HOST_KEY, node, problems, type Raw } from "./fixtures";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const second = (changes: Raw): Raw => ({
  nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), { ...node("w1", "10.0.0.2"), ...changes }],
});
const certificates = (changes: Raw): Raw => ({ certificates: changes });
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
