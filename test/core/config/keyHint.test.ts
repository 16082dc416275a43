import assert from "node:assert/strict";
import { strayKeys } from "../../../core/config/namespaces";
import { SYNONYMS } from "../../../core/config/synonyms";
import { CONFIG_JSON_SCHEMA, schemaAt } from "../../../core/schema/jsonSchema";
import { config, HOST_KEY, node, problems, type Raw } from "./fixtures";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const profiles = (name: string): Raw => ({ certificates: { profiles: { [name]: {} } } });
const own = (changes: Raw): Raw => ({
  certificates: { own: { hook: { authority: "kubernetes", usages: ["server"], sans: ["a"], ...changes } } },
});
const vault = (changes: Raw): Raw => ({
  authority: { kind: "vault", vault: { address: "https://v:8200", ...changes } },
});
const KUBEADM =
  "kubeadm's configuration is not taken as it is: `npx kube-pki init root@HOST` reads it on a control plane, and writes a stack file";
const PODS = "no certificate depends on the network of pods: leave it out";

const CASES: readonly (readonly [Raw, sentence: string])[] = [
  [cluster({ controlPlaneEndpoint: "x" }), "cluster: unknown key `controlPlaneEndpoint`; did you mean `endpoint`?"],
  [cluster({ serviceSubnet: "x" }), "cluster: unknown key `serviceSubnet`; did you mean `serviceCidrs`?"],
  [cluster({ certSANs: [] }), "cluster: unknown key `certSANs`; did you mean `extraSans`?"],
  [{ cert_sans: [] }, "unknown key `cert_sans`; here that is `cluster.extraSans`"],
  [
    { authority: { kind: "vault", vault: { address: "https://v:8200", token: "x" } } },
    "authority.vault: unknown key `token`; the token comes from VAULT_TOKEN, so that it is in no file",
  ],
  [
    { ssh: { agent: true, password: "x" } },
    "ssh: unknown key `password`; log in with a key: ssh.privateKey, or ssh.agent: true",
  ],
  [{ hosts: [] }, "unknown key `hosts`; did you mean `nodes`?"],
  [{ vault: {} }, "unknown key `vault`; it belongs under `authority`"],
  [{ ca: {} }, "unknown key `ca`; did you mean `authority`?"],
  [{ renew: {} }, "unknown key `renew`; here that is `certificates.renewEvery` or `certificates.renewBefore`"],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], hostKey: HOST_KEY })] },
    "nodes[0]: unknown key `hostKey`; it belongs under `nodes[0].ssh`",
  ],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], advertiseAddress: "10.0.0.1" })] },
    "nodes[0]: unknown key `advertiseAddress`; did you mean `address`?",
  ],
  [{ certificates: { generation: 2 } }, "certificates: unknown key `generation`; it belongs under `rotation`"],
  ...["apiserver", "scheduler", "controller-manager"].map(
    (name) =>
      [
        profiles(`kube-${name}`),
        `certificates.profiles: unknown key \`kube-${name}\`; did you mean \`${name}\`?`,
      ] as const,
  ),
  [profiles("admin.conf"), "certificates.profiles: unknown key `admin.conf`; did you mean `admin`?"],
  [profiles("etcd"), "certificates.profiles: unknown key `etcd`; did you mean `etcd-server` or `etcd-peer`?"],
  ...(["ca", "etcd-ca", "front-proxy-ca", "sa"] as const).map((name, index): readonly [Raw, string] => [
    profiles(name),
    `certificates.profiles: unknown key \`${name}\`; here that is \`authority.${["kubernetes", "etcd", "frontProxy", "serviceAccount"][index] ?? ""}\``,
  ]),
  [profiles("cluster-admin"), "certificates.profiles: unknown key `cluster-admin`; did you mean `admin`?"],
  [{ adopt: { ca: "x" } }, "adopt: unknown key `ca`; did you mean `kubernetes`?"],
  [{ rotation: { "etcd-ca": {} } }, "rotation: unknown key `etcd-ca`; did you mean `etcd`?"],
  [vault({ mounts: { ca: "pki" } }), "authority.vault.mounts: unknown key `ca`; did you mean `kubernetes`?"],
  [vault({ url: "x" }), "authority.vault: unknown key `url`; did you mean `address`?"],
  [vault({ namespace: "x" }), "authority.vault: unknown key `namespace`; the namespace comes from VAULT_NAMESPACE"],
  [
    vault({ ca_cert: "x" }),
    "authority.vault: unknown key `ca_cert`; the CA of the server comes from VAULT_CACERT, the path of a file",
  ],
  [{ ssh: { key: "x" } }, "ssh: unknown key `key`; did you mean `privateKey`?"],
  [{ ssh: { agent: true, host: "x" } }, "ssh: unknown key `host`; here that is `nodes[].ssh.host`"],
  [
    { ssh: { agent: true, knownHosts: "x" } },
    "ssh: unknown key `knownHosts`; known_hosts is not read: give the key of each node as nodes[].ssh.hostKey",
  ],
  [
    cluster({ listeners: { "kube-apiserver": { port: 6443 } } }),
    "cluster.listeners: unknown key `kube-apiserver`; did you mean `apiServer`?",
  ],
  [{ services: { apiserver: {} } }, "services: unknown key `apiserver`; did you mean `kube-apiserver`?"],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], internal_ip: "10.0.0.1" })] },
    "nodes[0]: unknown key `internal_ip`; did you mean `address`?",
  ],
  [
    { nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], labels: {} })] },
    "nodes[0]: unknown key `labels`; the stack sets no labels: leave it out",
  ],
  [cluster({ podSubnet: "x" }), `cluster: unknown key \`podSubnet\`; ${PODS}`],
  [cluster({ apiVersion: "kubeadm.k8s.io/v1beta4" }), `cluster: unknown key \`apiVersion\`; ${KUBEADM}`],
  [{ ClusterConfiguration: {} }, `unknown key \`ClusterConfiguration\`; ${KUBEADM}`],
  [{ etcd: {} }, "unknown key `etcd`; here that is `nodes[].roles` or `authority.etcd`"],
  [{ masters: [] }, "unknown key `masters`; did you mean `nodes`?"],
  [{ workers: [] }, "unknown key `workers`; did you mean `nodes`?"],
  [{ users: [{ name: "alice", groups: ["dev"] }] }, "users[0]: unknown key `groups`; did you mean `organizations`?"],
  [{ users: [{ user: "alice" }] }, "users[0]: unknown key `user`; did you mean `name`?"],
  [own({ dnsNames: ["a"] }), "certificates.own.hook: unknown key `dnsNames`; did you mean `sans`?"],
  [own({ duration: "90d" }), "certificates.own.hook: unknown key `duration`; did you mean `validity`?"],
  [own({ secretName: "x" }), "certificates.own.hook: unknown key `secretName`; did you mean `secret`?"],
  [
    { certificates: { profiles: { apiserver: { sans: ["a"] } } } },
    "certificates.profiles.apiserver: unknown key `sans`; here that is `cluster.extraSans`",
  ],
  [{ rollout: { window: { from: "22:00", end: "06:00" } } }, "rollout.window: unknown key `end`; did you mean `to`?"],
  [{ rollout: { serial: 1 } }, "rollout: unknown key `serial`; did you mean `workersAtOnce`?"],
  [
    { rollout: { dryRun: true } },
    "rollout: unknown key `dryRun`; `pulumi preview` shows what a run would do, and changes nothing",
  ],
  [
    { inCluster: { user: { kubeconfig: "x" } } },
    "inCluster.user: unknown key `kubeconfig`; no kubeconfig is read: give its credential as tokenFile or exec",
  ],
  [
    { "cluster.name": "x" },
    "unknown key `cluster.name`; did you mean a path? `pulumi config rm kube-pki:cluster.name`, then `pulumi config set --path 'kube-pki:cluster.name' ...`",
  ],
  [
    { certificates: { own: { hook: { authority: "kubernetes", usages: ["server"], sans: ["a"], secrets: {} } } } },
    "certificates.own.hook: unknown key `secrets`; did you mean `secret`?",
  ],
];

describe("keys of other tools and other places", () => {
  for (const [changes, sentence] of CASES)
    it(sentence, () => {
      assert.ok(problems(config(changes)).includes(sentence), problems(config(changes)).join("\n"));
    });

  it("are looked for in what takes one value or one for each", () => {
    const authority = { kind: { kuberntes: "embedded" }, earlier: [{ kind: "embedded", generations: { etdc: 1 } }] };
    assert.deepEqual(problems(config({ authority })), [
      "authority.kind: unknown key `kuberntes`; did you mean `kubernetes`?",
      "authority.earlier[0].generations: unknown key `etdc`; did you mean `etcd`?",
    ]);
  });

  for (const path of SYNONYMS)
    it(`are said to be ${path}, which there is`, () => {
      const steps = path.split(".").flatMap((step) => (step.endsWith("[]") ? [step.slice(0, -2), 0] : [step]));
      assert.notEqual(schemaAt(steps, CONFIG_JSON_SCHEMA), undefined);
    });

  it("say which key it is where keys are free", () => {
    assert.deepEqual(problems(config({ authority: { signed: { etcd: { g1: "x" } } } })).slice(0, 1), [
      'authority.signed.etcd: key "g1"; must be a generation, a whole number from 1 to 1000',
    ]);
  });
});

describe("keys under another namespace", () => {
  const say = (key: string) => `${key}: unknown key \`${key}\`; did you mean \`kube-pki:${key.split(":")[1] ?? ""}\`?`;

  it("are told where it is nearly ours", () => {
    assert.deepEqual(strayKeys({ "kube-pki:nodes": "[]", "kubepki:cluster": "{}" }, "kube-pki"), [
      say("kubepki:cluster"),
    ]);
  });

  it("are told whatever it is, where ours has none", () => {
    assert.deepEqual(strayKeys({ "prod:cluster": "{}", "aws:region": "x" }, "kube-pki"), [say("prod:cluster")]);
  });

  it("are nobody's business else", () => {
    assert.deepEqual(strayKeys({ "kube-pki:nodes": "[]", "prod:cluster": "{}", "kubepki:x": "1" }, "kube-pki"), []);
  });
});
