import assert from "node:assert/strict";
import { LAYOUT_NAMES } from "../../../core/layouts";
import { BACKEND_KINDS, BACKENDS } from "../../../core/model/backends";
import { config, HOST_KEY, node, problems, type Raw } from "./fixtures";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const cp = node("cp1", "10.0.0.1", { roles: ["control-plane"] });
const second = (changes: Raw): Raw => ({ nodes: [cp, { ...node("w1", "10.0.0.2"), ...changes }] });
const ssh = (changes: Raw): Raw => ({ ssh: { agent: true, ...changes } });
const certificates = (changes: Raw): Raw => ({ certificates: changes });

/** The kinds of authority of which the table says so. */
const kinds = (column: "mayBeSigned" | "keyIn", value: unknown): string =>
  BACKEND_KINDS.filter((kind) => BACKENDS[kind][column] === value).join(" or ");

const DURATION =
  'a duration above 0 and up to 36500d in days, hours, minutes and seconds, such as "30d", "720h" or "1d12h"';
const PORT = "a port number from 1 to 65535";
const IP = "an IPv4 or IPv6 address without a prefix or zone";
const SAN = 'a DNS name (may begin with "*.") or an IP address';
const CIDR = 'a network such as "10.96.0.0/12" or "fd00:1::/108", no bits set after the prefix';
const CIDRS = "one network, or a list of two (IPv4 and IPv6)";
const VERSION = '"1.30.0" to "1.36.x" with its patch number, in quotes';
const KEY = 'a public host key as `ssh-keyscan` prints it without the host, such as "ssh-ed25519 AAAA..."';
const VALIDITY = 'a whole number of hours or days, such as "720h" or "30d"';
const WORKERS = 'a number of nodes from 1, or a share from "1%" to "100%"';
const scan = (at: string, command: string) =>
  `${at}.hostKey: missing; give the host's public key as \`${command}\` shows it and compare it on the host, ` +
  "or set ssh.insecureIgnoreHostKeys: true in a lab";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };

/** What is changed in a faultless configuration, and the one sentence that refuses it. */
const REFUSALS: readonly (readonly [Raw, string])[] = [
  [{ cluster: undefined }, "cluster: missing; allowed is an object"],
  [{ cluster: "prod" }, 'cluster: "prod"; allowed is an object'],
  [cluster({ name: "Prod" }), 'cluster.name: "Prod"; allowed is a DNS label: at most 63 of a-z, 0-9 and -'],
  [cluster({ name: undefined }), "cluster.name: missing; allowed is a DNS label: at most 63 of a-z, 0-9 and -"],
  [cluster({ kubernetesVersion: "1.34" }), `cluster.kubernetesVersion: "1.34"; allowed is ${VERSION}`],
  [cluster({ kubernetesVersion: "1.29.9" }), `cluster.kubernetesVersion: "1.29.9"; allowed is ${VERSION}`],
  [cluster({ kubernetesVersion: "1.37.0" }), `cluster.kubernetesVersion: "1.37.0"; allowed is ${VERSION}`],
  [cluster({ kubernetesVersion: 1.3 }), `cluster.kubernetesVersion: 1.3 (a number); allowed is ${VERSION}`],
  [cluster({ endpoint: "https://api" }), 'cluster.endpoint: "https://api"; allowed is "host:port", without https://'],
  [cluster({ endpoint: "api:70000" }), 'cluster.endpoint: "api:70000"; allowed is "host:port", without https://'],
  [cluster({ serviceCidrs: "10.96.0.1/12" }), `cluster.serviceCidrs: "10.96.0.1/12"; allowed is ${CIDR}`],
  [cluster({ serviceCidrs: "10.96.0.0" }), `cluster.serviceCidrs: "10.96.0.0"; allowed is ${CIDR}`],
  [cluster({ serviceCidrs: ["fd00::/129"] }), `cluster.serviceCidrs[0]: "fd00::/129"; allowed is ${CIDR}`],
  [cluster({ serviceCidrs: [] }), `cluster.serviceCidrs: an empty list; allowed is ${CIDRS}`],
  [cluster({ serviceCidrs: ["10.0.0.0/8", "10.96.0.0/12"] }), `cluster.serviceCidrs: a list; allowed is ${CIDRS}`],
  [cluster({ serviceCidrs: 4 }), `cluster.serviceCidrs: 4 (a number); allowed is ${CIDRS}`],
  [cluster({ dnsDomain: "a..b" }), 'cluster.dnsDomain: "a..b"; allowed is a DNS name in lower case'],
  [cluster({ extraSans: ["10.0.0.300"] }), `cluster.extraSans[0]: "10.0.0.300"; allowed is ${SAN}`],
  [cluster({ extraSans: ["a b"] }), `cluster.extraSans[0]: "a b"; allowed is ${SAN}`],
  [cluster({ extraSans: "a" }), 'cluster.extraSans: "a"; allowed is a list of DNS names and IP addresses'],

  [{ nodes: undefined }, "nodes: missing; allowed is a list of nodes"],
  [{ nodes: [] }, "nodes: an empty list; allowed is at least one node"],
  [{ nodes: [node("w1", "10.0.0.2")] }, "nodes: none has the role control-plane; allowed is at least one that has"],
  [
    second({ name: "w".repeat(53) }),
    `nodes[1].name: "${"w".repeat(53)}"; allowed is a DNS name in lower case of at most 52 characters`,
  ],
  [second({ name: "cp1" }), 'nodes[1].name: "cp1" is nodes[0].name too; allowed is each name once'],
  [
    second({ address: "10.0.0.1" }),
    'nodes[1].address: "10.0.0.1" is nodes[0].address too; allowed is each address once',
  ],
  [second({ address: "10.0.0.0/8" }), `nodes[1].address: "10.0.0.0/8"; allowed is ${IP}`],
  [second({ address: "fe80::1%eth0" }), `nodes[1].address: "fe80::1%eth0"; allowed is ${IP}`],
  [second({ address: "w1.example.com" }), `nodes[1].address: "w1.example.com"; allowed is ${IP}`],
  [second({ roles: [] }), "nodes[1].roles: an empty list; allowed is at least one of control-plane, etcd, worker"],
  [second({ roles: ["etcd", "etcd"] }), "nodes[1].roles: a list; allowed is each role once"],
  [second({ roles: ["master"] }), 'nodes[1].roles[0]: "master"; allowed is one of control-plane, etcd, worker'],
  [second({ custody: "hsm" }), 'nodes[1].custody: "hsm"; allowed is one of node, state'],
  [second({ ssh: undefined }), scan("nodes[1].ssh", "ssh-keyscan -t ed25519 10.0.0.2")],
  [
    second({ ssh: { host: "w1.example.com", port: 2222 } }),
    scan("nodes[1].ssh", "ssh-keyscan -t ed25519 -p 2222 w1.example.com"),
  ],
  [second({ ssh: { hostKey: "ssh-ed25519 AAAA" } }), `nodes[1].ssh.hostKey: "ssh-ed25519 AAAA"; allowed is ${KEY}`],
  [second({ ssh: { hostKey: HOST_KEY, port: "22" } }), `nodes[1].ssh.port: "22"; allowed is ${PORT}`],
  [second({ ssh: { hostKey: HOST_KEY, port: 0 } }), `nodes[1].ssh.port: 0 (a number); allowed is ${PORT}`],
  [second({ ssh: { hostKey: HOST_KEY, port: 22.5 } }), `nodes[1].ssh.port: 22.5 (a number); allowed is ${PORT}`],
  [
    second({ ssh: { hostKey: HOST_KEY, user: "a;b" } }),
    'nodes[1].ssh.user: "a;b"; allowed is a login name of lower-case letters, digits, _ and -',
  ],
  [
    second({ ssh: { hostKey: HOST_KEY, host: "*.example.com" } }),
    'nodes[1].ssh.host: "*.example.com"; allowed is a DNS name or an IP address',
  ],
  [
    second({ ssh: { hostKey: HOST_KEY, host: "10.0.0.1" } }),
    "nodes[1].ssh.host: 10.0.0.1 port 22 is nodes[0] too; allowed is each host and port once",
  ],

  [{ ssh: {} }, "ssh: neither privateKey nor agent: true; allowed is exactly one of them"],
  [ssh({ sudo: "yes" }), 'ssh.sudo: "yes"; allowed is true or false, without quotes'],
  [ssh({ bastion: { hostKey: HOST_KEY } }), "ssh.bastion.host: missing; allowed is a DNS name or an IP address"],
  [ssh({ bastion: { host: "b.example.com" } }), scan("ssh.bastion", "ssh-keyscan -t ed25519 b.example.com")],

  [{ layout: "kops" }, `layout: "kops"; allowed is one of ${LAYOUT_NAMES.join(", ")}`],
  [{ restart: "later" }, 'restart: "later"; allowed is one of auto, always, never'],
  [{ rollout: { workersAtOnce: 0 } }, `rollout.workersAtOnce: 0 (a number); allowed is ${WORKERS}`],
  [{ rollout: { workersAtOnce: "101%" } }, `rollout.workersAtOnce: "101%"; allowed is ${WORKERS}`],
  [{ rollout: { workersAtOnce: "3" } }, `rollout.workersAtOnce: "3"; allowed is ${WORKERS}`],
  [{ asOf: "tomorrow" }, 'asOf: "tomorrow"; allowed is a moment such as "2026-12-31T00:00:00Z"'],

  [certificates({ validity: "1y" }), `certificates.validity: "1y"; allowed is ${VALIDITY}`],
  [certificates({ validity: "90m" }), `certificates.validity: "90m"; allowed is ${VALIDITY}`],
  [certificates({ renewEvery: "1w" }), `certificates.renewEvery: "1w"; allowed is ${DURATION}`],
  [certificates({ renewBefore: 30 }), `certificates.renewBefore: 30 (a number); allowed is ${DURATION}`],
  [
    certificates({ algorithm: "RSA-1024" }),
    'certificates.algorithm: "RSA-1024"; allowed is one of ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072, RSA-4096',
  ],
  [
    certificates({ renewBefore: "10d", renewEvery: "10d" }),
    "certificates: both renewBefore and renewEvery; allowed is one of them",
  ],
  [
    certificates({ validity: "30d", renewBefore: "30d" }),
    "certificates.renewBefore: 30d; allowed is less than certificates.validity, 30d",
  ],
  [
    certificates({ validity: "30d", renewEvery: "31d" }),
    "certificates.renewEvery: 31d; allowed is less than certificates.validity, 30d",
  ],
  [
    certificates({ profiles: { kubelet: { renewBefore: "1h", renewEvery: "1h" } } }),
    "certificates.profiles.kubelet: both renewBefore and renewEvery; allowed is one of them",
  ],
  [
    certificates({ profiles: { kubelet: { validity: "10d", renewEvery: "10d" } } }),
    "certificates.profiles.kubelet.renewEvery: 10d; allowed is less than certificates.profiles.kubelet.validity, 10d",
  ],
  [
    certificates({ renewBefore: "30d", profiles: { "kube-proxy": { validity: "10d" } } }),
    'certificates.renewBefore: 30d; allowed is less than certificates.profiles["kube-proxy"].validity, 10d',
  ],
  [
    { ...certificates({ profiles: { admin: { validity: "48h" } }, validity: "24h" }), authority: { validity: "24h" } },
    "certificates.profiles.admin.validity: 2d; longer than authority.validity, 1d",
  ],
  [
    certificates({ profiles: { admin: { organizations: ["a b"] } } }),
    'certificates.profiles.admin.organizations[0]: "a b"; allowed is at most 64 letters, digits, :, ., _ and -',
  ],
  [
    certificates({ profiles: { admin: { organizations: "system:masters" } } }),
    'certificates.profiles.admin.organizations: "system:masters"; allowed is a list of organizations',
  ],
  [
    { ...certificates({ profiles: { admin: { organizations: ["a", "b"] } } }), ...second({ custody: "state" }) },
    "certificates.profiles.admin.organizations: 2 of them; allowed is one while a node, w1, has custody state",
  ],
  [
    { rollout: { acceptEtcdDowntime: 1 } },
    "rollout.acceptEtcdDowntime: 1 (a number); allowed is true or false, without quotes",
  ],
  [
    { authority: { kind: "cfssl" } },
    `authority.kind: "cfssl"; allowed is one of ${BACKEND_KINDS.join(", ")}, or one for each of kubernetes, etcd and frontProxy`,
  ],
  [{ authority: { kind: "vault" } }, "authority.vault: missing; with kind vault give what it asks for (docs/vault.md)"],
  [
    { authority: { kind: "vault", vault: { address: "http://vault.example.com:8200" } } },
    'authority.vault.address: "http://vault.example.com:8200"; allowed is an address without a path, such as "https://vault.example.com:8200"',
  ],
  [
    { authority: { kind: "vault", vault: { address: "https://vault.example.com", mounts: { etcd: "/pki/" } } } },
    'authority.vault.mounts.etcd: "/pki/"; allowed is the path of a mount without slashes around it, such as "pki/kubernetes"',
  ],
  [
    { authority: { kind: { kubernetes: "vault" }, vault: { ...VAULT.vault, mounts: { etcd: "pki/etcd" } } } },
    "authority.vault.mounts.etcd: given, but kind embedded has no mount; allowed is kind vault, or to leave it out",
  ],
  [
    {
      authority: { ...VAULT, earlier: [{ generations: 1, kind: "embedded", vault: { mounts: { etcd: "pki/etcd" } } }] },
    },
    "authority.earlier[0].vault.mounts.etcd: given, but kind embedded has no mount; allowed is kind vault, or to leave it out",
  ],
  [
    {
      authority: {
        ...VAULT,
        earlier: [
          { generations: 2, kind: "embedded" },
          { generations: { kubernetes: 3, etcd: 2 }, kind: "vault" },
        ],
      },
    },
    "authority.earlier[1].generations: 2 for etcd; allowed is more than 2, where the entry before ends",
  ],
  [
    { authority: { ...VAULT, earlier: [{ generations: 0, kind: "embedded" }] } },
    "authority.earlier[0].generations: 0 (a number); allowed is a whole number from 1, or one for each of kubernetes, " +
      "etcd and frontProxy",
  ],
  [
    { authority: { ...VAULT, signedBy: { kind: "mount" } } },
    "authority.signedBy.mount: missing; with kind mount give the path of the mount whose default issuer signs",
  ],
  [
    { authority: { ...VAULT, signedBy: { kind: "offline", mount: "pki" } } },
    "authority.signedBy.mount: given with kind offline; allowed is kind: mount, or to leave it out",
  ],
  [
    { authority: { signedBy: { kind: "offline" } } },
    `authority.signedBy: given with kind embedded, whose CAs sign themselves; allowed is kind: ${kinds("mayBeSigned", true)}`,
  ],
  [
    {
      authority: { ...VAULT, signedBy: { kind: "offline" } },
      rotation: { etcd: { generation: 2 } },
      rollout: { acceptEtcdDowntime: true },
    },
    "authority.signed.etcd: nothing for generation 1; before a rotation to it give authority.requests: 1, run " +
      "`pulumi up`, and have the request of `pulumi stack output signingRequests` signed",
  ],
  [
    { authority: { ...VAULT, kind: { etcd: "vault" }, signer: "none" } },
    "authority.signer: given, but the key of the kubernetes CA is in the stack's state, so the controller manager signs " +
      `with that; allowed is kind ${kinds("keyIn", "server")} for kubernetes, or to leave it out`,
  ],
  [
    { authority: { ...VAULT, signer: "node" } },
    "authority.signer: node without rotation; give rotation: {generation: 1} too: a control plane that comes or goes " +
      "changes what every node trusts",
  ],
  [
    {
      ...cluster({ name: "a".repeat(39), kubernetesVersion: "1.34.2", endpoint: "api.example.com" }),
      authority: { ...VAULT, signer: "node" },
      rotation: { generation: 1 },
    },
    "cluster.name: 39 characters; with authority.signer: node at most 38 are allowed, since the signer's common name begins " +
      "with it",
  ],
  ...(["node", "none"] as const).map((signer): readonly [Raw, string] => [
    {
      authority: { ...VAULT, signer },
      rotation: { generation: 1 },
      inCluster: { workers: { image: "docker.io/library/busybox:1.37.0" } },
    },
    "inCluster.workers: given, but nothing signs their kubelets' certificates for good; with the kubernetes CA in Vault give " +
      "authority.signer: state too, or list every node under nodes",
  ]),
  [
    { authority: { ...VAULT, signer: "node" }, certificates: { custody: "state" }, rotation: { generation: 1 } },
    "authority.signer: node, but cp1 has custody state; allowed is custody node for it, or another signer",
  ],
  [
    { authority: { vault: { address: "https://vault.example.com" } } },
    "authority.vault: given with kind embedded; allowed is kind: vault beside it, or to leave it out",
  ],
];

describe("refused configuration", () => {
  it("is not the one every case starts from", () => {
    assert.deepEqual(problems(config()), []);
  });

  for (const [changes, sentence] of REFUSALS) {
    it(sentence, () => {
      assert.deepEqual(problems(config(changes)), [sentence]);
    });
  }

  it("names all problems at once, over all sections", () => {
    const raw = config({
      ...cluster({ name: "P", endpoint: "x:0" }),
      ...second({ name: "cp1", address: "10.0.0.1" }),
      ssh: { agnet: true },
      certificates: { validity: "30d", renewEvery: "60d", custdy: "state" },
      layuot: "kubeadm",
    });
    assert.deepEqual(
      problems(raw).map((problem) => problem.replace(/[:;].*/, "")),
      [
        "ssh",
        "certificates",
        "unknown key `layuot`",
        "cluster.name",
        "cluster.endpoint",
        "nodes[1].name",
        "nodes[1].address",
        "ssh",
        "certificates.renewEvery",
      ],
    );
  });

  it("shows long values cut, on one line", () => {
    const [problem] = problems(config(cluster({ endpoint: "a b\n".repeat(40) })));
    assert.match(problem ?? "", /^cluster\.endpoint: "(?:a b\\n)+[^\n]{0,4}\.\.\."; allowed is/);
    assert.ok((problem ?? "").length < 160);
  });
});
