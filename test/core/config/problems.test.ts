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
const CIDR = 'a network such as "10.96.0.0/12" or "fd00:1::/108", with no bits set after the prefix';
const CIDRS = "one network, or a list of two (IPv4 and IPv6)";
const VERSION = '"1.30.0" or newer, with its patch number, in quotes';
const KEY = 'a public host key as `ssh-keyscan` prints it without the host, such as "ssh-ed25519 AAAA..."';
const VALIDITY = 'a whole number of hours or days from 1h to 36500d, such as "720h" or "30d"';
const SPAN = `${DURATION}, or a share of the validity such as "33%"`;
const WORKERS = 'a number of nodes from 1, or a share from "1%" to "100%"';
const LOGIN = "a login name of letters, digits and . _ - + @ \\";
const scan = (at: string, command: string) =>
  `${at}.hostKey: missing; give the host's public key as \`${command}\` shows it and compare it on the host, ` +
  "or set ssh.insecureIgnoreHostKeys: true in a lab";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };

/** What is changed in a faultless configuration, and the one sentence that refuses it. */
const REFUSALS: readonly (readonly [Raw, string])[] = [
  [{ cluster: undefined }, "cluster: missing; must be an object with name, kubernetesVersion, endpoint"],
  [{ cluster: "prod" }, 'cluster: "prod"; must be an object with name, kubernetesVersion, endpoint'],
  [
    cluster({ name: "Prod" }),
    'cluster.name: "Prod"; must be a DNS label: at most 63 of a-z, 0-9 and -; did you mean "prod"?',
  ],
  [cluster({ name: undefined }), "cluster.name: missing; must be a DNS label: at most 63 of a-z, 0-9 and -"],
  [cluster({ kubernetesVersion: "1.34" }), `cluster.kubernetesVersion: "1.34"; must be ${VERSION}`],
  [cluster({ kubernetesVersion: "1.29.9" }), `cluster.kubernetesVersion: "1.29.9"; must be ${VERSION}`],
  [cluster({ kubernetesVersion: "1.37" }), `cluster.kubernetesVersion: "1.37"; must be ${VERSION}`],
  [cluster({ kubernetesVersion: 1.3 }), `cluster.kubernetesVersion: 1.3 (a number); must be ${VERSION}`],
  [
    cluster({ endpoint: "https://api" }),
    'cluster.endpoint: "https://api"; must be "host:port", without https://; did you mean "api"?',
  ],
  [cluster({ endpoint: "api:70000" }), 'cluster.endpoint: "api:70000"; must be "host:port", without https://'],
  [cluster({ serviceCidrs: "10.96.0.1/12" }), `cluster.serviceCidrs: "10.96.0.1/12"; must be ${CIDR}`],
  [cluster({ serviceCidrs: "10.96.0.0" }), `cluster.serviceCidrs: "10.96.0.0"; must be ${CIDR}`],
  [cluster({ serviceCidrs: ["fd00::/129"] }), `cluster.serviceCidrs[0]: "fd00::/129"; must be ${CIDR}`],
  [cluster({ serviceCidrs: [] }), `cluster.serviceCidrs: an empty list; must be ${CIDRS}`],
  [
    cluster({ serviceCidrs: ["10.0.0.0/8", "10.96.0.0/12"] }),
    `cluster.serviceCidrs: a list; must be ${CIDRS}; did you mean "10.0.0.0/8" or "10.96.0.0/12"?`,
  ],
  [
    cluster({ serviceCidrs: "10.96.0.0/30" }),
    `cluster.serviceCidrs: "10.96.0.0/30"; must be ${CIDR}; the API server needs at least 8 addresses, /29 or a lower number`,
  ],
  [
    cluster({ serviceCidrs: "fd00::/126" }),
    `cluster.serviceCidrs: "fd00::/126"; must be ${CIDR}; the API server needs at least 8 addresses, /125 or a lower number`,
  ],
  [
    cluster({ serviceCidrs: "127.0.0.0/8" }),
    `cluster.serviceCidrs: "127.0.0.0/8"; must be ${CIDR}; it has loopback addresses, which no service can have`,
  ],
  [{ nodes: "" }, 'nodes: ""; must be a list of nodes'],
  [
    cluster({ listeners: { etcdClient: { port: 2380 } } }),
    "cluster.listeners.etcdPeer.port: 2380 is that of etcdClient too; must be a port of its own",
  ],
  [
    cluster({ listeners: { apiServer: { port: 2379 } } }),
    "cluster.listeners.etcdClient.port: 2379 is that of apiServer too; must be a port of its own",
  ],
  ...(["roles", "nodes"] as const).map((field): readonly [Raw, string] => [
    certificates({
      own: {
        x: {
          authority: "kubernetes",
          usages: ["server"],
          sans: ["a"],
          files: { certificate: "/etc/x.crt", key: "/etc/x.key" },
          [field]: [],
        },
      },
    }),
    `certificates.own.x.${field}: an empty list; must be ${field === "roles" ? "at least one of control-plane, etcd, worker" : "a list of at least one name of a node"}`,
  ]),
  [
    certificates({ profiles: { apiserver: { commonName: "a".repeat(65) } } }),
    `certificates.profiles.apiserver.commonName: "${"a".repeat(65)}"; must be a name of at most 64 letters, digits, :, ., _ and -, or a map from a node's name or a role to such a name`,
  ],
  [cluster({ serviceCidrs: 4 }), `cluster.serviceCidrs: 4 (a number); must be ${CIDRS}`],
  [cluster({ dnsDomain: "a..b" }), 'cluster.dnsDomain: "a..b"; must be a DNS name in lower case'],
  [cluster({ extraSans: ["10.0.0.300"] }), `cluster.extraSans[0]: "10.0.0.300"; must be ${SAN}`],
  [cluster({ extraSans: ["a b"] }), `cluster.extraSans[0]: "a b"; must be ${SAN}`],
  [
    cluster({ extraSans: "a" }),
    'cluster.extraSans: "a"; must be a list of DNS names and IP addresses; did you mean ["a"]?',
  ],

  [{ nodes: undefined }, "nodes: missing; must be a list of nodes"],
  [{ nodes: [] }, "nodes: an empty list; must be a list of at least one node"],
  [
    { nodes: [node("w1", "10.0.0.2")] },
    "nodes: none has the role control-plane; must be a list with at least one control plane",
  ],
  [
    second({ name: "w".repeat(53) }),
    `nodes[1].name: "${"w".repeat(53)}"; must be a DNS name in lower case of at most 52 characters`,
  ],
  [second({ name: "cp1" }), 'nodes[1].name: "cp1" is nodes[0].name too; must be unique'],
  [second({ address: "10.0.0.1" }), 'nodes[1].address: "10.0.0.1" is nodes[0].address too; must be unique'],
  [second({ address: "10.0.0.0/8" }), `nodes[1].address: "10.0.0.0/8"; must be ${IP}; did you mean "10.0.0.0"?`],
  [
    cluster({ extraSans: Array.from({ length: 501 }, (_, index) => `a${String(index)}.example.com`) }),
    "cluster.extraSans: a list; must be a list of at most 500, because a TLS handshake has room for no more",
  ],
  [second({ address: "fe80::1%eth0" }), `nodes[1].address: "fe80::1%eth0"; must be ${IP}`],
  [second({ address: "w1.example.com" }), `nodes[1].address: "w1.example.com"; must be ${IP}`],
  [second({ roles: [] }), "nodes[1].roles: an empty list; must be at least one of control-plane, etcd, worker"],
  [second({ roles: ["etcd", "etcd"] }), "nodes[1].roles: a list; must be a list with each role once"],
  [
    second({ roles: ["master"] }),
    'nodes[1].roles[0]: "master"; must be one of control-plane, etcd, worker; did you mean "control-plane"?',
  ],
  [second({ keyLocation: "hsm" }), 'nodes[1].keyLocation: "hsm"; must be one of node, state'],
  [second({ ssh: undefined }), scan("nodes[1].ssh", "ssh-keyscan -t ed25519,ecdsa 10.0.0.2")],
  [
    second({ ssh: { host: "w1.example.com", port: 2222 } }),
    scan("nodes[1].ssh", "ssh-keyscan -t ed25519,ecdsa -p 2222 w1.example.com"),
  ],
  [
    second({ ssh: { hostKey: HOST_KEY.slice(0, -4) } }),
    `nodes[1].ssh.hostKey: "${HOST_KEY.slice(0, 67)}..."; must be ${KEY}; it is damaged, so copy all of it`,
  ],
  [
    second({ ssh: { hostKey: "ssh-ed25519 AAAA" } }),
    `nodes[1].ssh.hostKey: "ssh-ed25519 AAAA"; must be ${KEY}; it is damaged, so copy all of it`,
  ],
  [
    second({ ssh: { hostKey: HOST_KEY, port: "22" } }),
    `nodes[1].ssh.port: "22"; must be ${PORT}; did you mean 22, without quotes?`,
  ],
  [second({ ssh: { hostKey: HOST_KEY, port: 0 } }), `nodes[1].ssh.port: 0 (a number); must be ${PORT}`],
  [second({ ssh: { hostKey: HOST_KEY, port: 22.5 } }), `nodes[1].ssh.port: 22.5 (a number); must be ${PORT}`],
  ...["a;b", "-x", "a b", "a$(id)", "a%r", "a'b", "a\\", "", "a\nb"].map((user): readonly [Raw, string] => [
    second({ ssh: { hostKey: HOST_KEY, user } }),
    `nodes[1].ssh.user: ${JSON.stringify(user)}; must be ${LOGIN}`,
  ]),
  [
    second({ ssh: { hostKey: HOST_KEY, host: "*.example.com" } }),
    'nodes[1].ssh.host: "*.example.com"; must be a DNS name or an IP address',
  ],
  [
    second({ ssh: { hostKey: HOST_KEY, host: "10.0.0.1" } }),
    "nodes[1].ssh.host: 10.0.0.1 port 22 is nodes[0] too; must be unique together with the port",
  ],

  [{ ssh: {} }, "ssh: neither privateKey nor agent: true; must be exactly one of the two"],
  [ssh({ sudo: "yes" }), 'ssh.sudo: "yes"; must be true or false, without quotes; did you mean true?'],
  [ssh({ bastion: { hostKey: HOST_KEY } }), "ssh.bastion.host: missing; must be a DNS name or an IP address"],
  [ssh({ bastion: { host: "b.example.com" } }), scan("ssh.bastion", "ssh-keyscan -t ed25519,ecdsa b.example.com")],

  [{ layout: "kops" }, `layout: "kops"; must be one of ${LAYOUT_NAMES.join(", ")}`],
  [{ restart: "later" }, 'restart: "later"; must be one of auto, always, never'],
  [
    { rollout: { backups: { keep: 0 } } },
    "rollout.backups.keep: 0 (a number); must be a number of backups from 1 to 1000",
  ],
  [{ rollout: { workersAtOnce: 0 } }, `rollout.workersAtOnce: 0 (a number); must be ${WORKERS}`],
  [{ rollout: { workersAtOnce: "101%" } }, `rollout.workersAtOnce: "101%"; must be ${WORKERS}`],
  [
    { rollout: { workersAtOnce: "3" } },
    `rollout.workersAtOnce: "3"; must be ${WORKERS}; did you mean 3, without quotes?`,
  ],
  [
    { cluster: undefined, nodes: undefined, ssh: undefined },
    "kube-pki: missing; copy the fields of stacks/Pulumi.example.yaml, or have them written from a running cluster: `npx kube-pki init root@HOST`",
  ],
  [{ asOf: "tomorrow" }, 'asOf: "tomorrow"; must be a timestamp such as "2026-12-31T00:00:00Z"'],

  [
    certificates({ validity: "1y" }),
    `certificates.validity: "1y"; must be ${VALIDITY}; years and months have no fixed length, did you mean "365d"?`,
  ],
  [certificates({ validity: "90m" }), `certificates.validity: "90m"; must be ${VALIDITY}`],
  [certificates({ renewEvery: "1w" }), `certificates.renewEvery: "1w"; must be ${DURATION}; did you mean "7d"?`],
  [
    certificates({ renewBefore: 30 }),
    `certificates.renewBefore: 30 (a number); must be ${SPAN}; did you mean "30d" or "30h"?`,
  ],
  [
    certificates({ algorithm: "RSA-1024" }),
    'certificates.algorithm: "RSA-1024"; must be one of ECDSA-P256, ECDSA-P384, RSA-2048, RSA-3072, RSA-4096',
  ],
  [
    certificates({ renewBefore: "10d", renewEvery: "10d" }),
    "certificates: both renewBefore and renewEvery; must be one of the two",
  ],
  [
    certificates({ validity: "30d", renewBefore: "30d" }),
    "certificates.renewBefore: 30d; must be less than certificates.validity, 30d",
  ],
  [
    certificates({ validity: "30d", renewEvery: "31d" }),
    "certificates.renewEvery: 31d; must be less than certificates.validity, 30d",
  ],
  [
    certificates({ profiles: { kubelet: { renewBefore: "1h", renewEvery: "1h" } } }),
    "certificates.profiles.kubelet: both renewBefore and renewEvery; must be one of the two",
  ],
  [
    certificates({ profiles: { kubelet: { validity: "10d", renewEvery: "10d" } } }),
    "certificates.profiles.kubelet.renewEvery: 10d; must be less than certificates.profiles.kubelet.validity, 10d",
  ],
  [
    certificates({ renewBefore: "30d", profiles: { "kube-proxy": { validity: "10d" } } }),
    'certificates.renewBefore: 30d; must be less than certificates.profiles["kube-proxy"].validity, 10d',
  ],
  [
    { ...certificates({ profiles: { admin: { validity: "48h" } }, validity: "24h" }), authority: { validity: "40h" } },
    "certificates.profiles.admin.validity: 2d; must be no longer than authority.validity, 1d16h",
  ],
  [
    certificates({ profiles: { admin: { organizations: ["a b"] } } }),
    'certificates.profiles.admin.organizations[0]: "a b"; must be at most 64 letters, digits, :, ., _ and -',
  ],
  [
    certificates({ profiles: { admin: { organizations: "system:masters" } } }),
    'certificates.profiles.admin.organizations: "system:masters"; must be a list of organizations; did you mean ["system:masters"]?',
  ],
  ...["api.example.com", "IP:10.0.0", "usage:server auth", "DNS:", "kind:x"].map((given): readonly [Raw, string] => [
    certificates({ profiles: { apiserver: { allowLoss: [given] } } }),
    `certificates.profiles.apiserver.allowLoss[0]: "${given}"; must be a name or usage such as "DNS:api.example.com", "IP:10.0.0.100", "usage:clientAuth"`,
  ]),
  ...(
    [
      [
        { cp9: { apiserver: "2026-11-30T00:00:00Z" } },
        ".cp9: no node of this name; must be the name of a node, or - for what is on none; or remove the entry",
      ],
      [
        { cp1: { "kube-proxy": "2026-11-30T00:00:00Z" } },
        '.cp1["kube-proxy"]: not on cp1; must be one of etcd-server, etcd-peer, etcd-healthcheck-client, apiserver, apiserver-etcd-client, apiserver-kubelet-client, front-proxy-client, admin, super-admin, controller-manager, scheduler, kubelet, kubelet-server; or remove the entry',
      ],
      [
        { "-": { "kubeconfig:eve": "2026-11-30T00:00:00Z" } },
        '["-"]["kubeconfig:eve"]: not there; must be one of kubeconfig:admin; or remove the entry',
      ],
      [{ cp1: { apiserver: "now" } }, '.cp1.apiserver: "now"; must be a timestamp such as "2026-12-31T00:00:00Z"'],
      [{ cp1: "apiserver" }, '.cp1: "apiserver"; must be a map from a certificate to a time'],
    ] as const
  ).map(([renewAt, sentence]): readonly [Raw, string] => [
    certificates({ renewAt }),
    `certificates.renewAt${sentence}`,
  ]),
  [
    { ...certificates({ profiles: { admin: { organizations: ["a", "b"] } } }), ...second({ keyLocation: "state" }) },
    "certificates.profiles.admin.organizations: a list of 2; must be a list of one where the key is in the state, as on w1",
  ],
  [
    { rollout: { acceptEtcdDowntime: 1 } },
    "rollout.acceptEtcdDowntime: 1 (a number); must be true or false, without quotes",
  ],
  [
    { authority: { kind: "cfssl" } },
    `authority.kind: "cfssl"; must be one of ${BACKEND_KINDS.join(", ")}, or one for each of kubernetes, etcd and frontProxy`,
  ],
  [
    { authority: { kind: "vault" } },
    "authority.vault: missing; must be given with kind: vault; docs/vault.md says what it needs",
  ],
  [
    { authority: { kind: "vault", vault: { address: "http://vault.example.com:8200" } } },
    'authority.vault.address: "http://vault.example.com:8200"; must be an address without a path, such as "https://vault.example.com:8200"; did you mean "https://vault.example.com:8200"?',
  ],
  [
    { authority: { kind: "vault", vault: { address: "https://vault.example.com", mounts: { etcd: "/pki/" } } } },
    'authority.vault.mounts.etcd: "/pki/"; must be the path of a mount without slashes around it, such as "pki/kubernetes"; did you mean "pki"?',
  ],
  [
    { authority: { ...VAULT, vault: { ...VAULT.vault, mounts: { kubernetes: "pki", frontProxy: "pki" } } } },
    'authority.vault.mounts.frontProxy: "pki" is authority.vault.mounts.kubernetes too; must be a mount of its own; roles of a mount may sign with each CA in it',
  ],
  [
    { authority: { kind: { kubernetes: "vault" }, vault: { ...VAULT.vault, mounts: { etcd: "pki/etcd" } } } },
    "authority.vault.mounts.etcd: given with kind embedded; must be used with kind: vault; set that kind, or leave it out",
  ],
  [
    {
      authority: { ...VAULT, earlier: [{ generations: 1, kind: "embedded", vault: { mounts: { etcd: "pki/etcd" } } }] },
    },
    "authority.earlier[0].vault.mounts.etcd: given with kind embedded; must be used with kind: vault; set that kind, or leave it out",
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
    "authority.earlier[1].generations: 2 for etcd; must be more than 2, the last generation of the entry before",
  ],
  [
    { authority: { ...VAULT, earlier: [{ generations: 0, kind: "embedded" }] } },
    "authority.earlier[0].generations: 0 (a number); must be a whole number from 1 to 1000, or one for each of kubernetes, " +
      "etcd and frontProxy",
  ],
  [
    { authority: { ...VAULT, signedBy: { kind: "mount" } } },
    "authority.signedBy.mount: missing; with kind mount give the path of the mount whose default issuer signs",
  ],
  [
    { authority: { ...VAULT, signedBy: { kind: "offline", mount: "pki" } } },
    "authority.signedBy.mount: given with kind offline; must be used with kind: mount; set that kind, or leave it out",
  ],
  [
    { authority: { signedBy: { kind: "offline" } } },
    `authority.signedBy: given with kind embedded, whose CAs are self-signed; must be used with kind: ${kinds("mayBeSigned", true)}; set that kind, or leave it out`,
  ],
  [
    {
      authority: { ...VAULT, signedBy: { kind: "offline" } },
      rotation: { etcd: { generation: 2 } },
      rollout: { acceptEtcdDowntime: true },
    },
    'authority.signed.etcd["1"]: missing; before a rotation to this generation set authority.requests: 1, run `pulumi up`, have the request in `pulumi stack output signingRequests` signed, and give the certificate here',
  ],
  [
    { authority: { ...VAULT, kind: { etcd: "vault" }, csrSigner: "none" } },
    `authority.csrSigner: given, but the controller manager signs with the kubernetes CA's own key, which is in the stack's state; must be used with kind ${kinds("keyIn", "server")} for kubernetes; set that kind, or leave it out`,
  ],
  [
    { authority: { ...VAULT, csrSigner: "node" } },
    "authority.csrSigner: node without rotation; must be used with rotation, because adding or removing a control plane changes what every node trusts; add rotation: {generation: 1}",
  ],
  [
    {
      ...cluster({ name: "a".repeat(39), kubernetesVersion: "1.34.2", endpoint: "api.example.com" }),
      authority: { ...VAULT, csrSigner: "node" },
      rotation: { generation: 1 },
    },
    "cluster.name: 39 characters; must be at most 38 with authority.csrSigner: node, whose common name begins with it",
  ],
  ...(["node", "none"] as const).map((signer): readonly [Raw, string] => [
    {
      authority: { ...VAULT, csrSigner: signer },
      rotation: { generation: 1 },
      inCluster: { workers: { image: "docker.io/library/busybox:1.37.0" } },
    },
    `inCluster.workers: given with authority.csrSigner: ${signer}; must be used with authority.csrSigner: state, because these kubelets get their certificates from kube-controller-manager; set that, or list every node under nodes`,
  ]),
  [
    { authority: { ...VAULT, csrSigner: "node" }, certificates: { keyLocation: "state" }, rotation: { generation: 1 } },
    "authority.csrSigner: node, but cp1 has keyLocation: state; must be used with keyLocation: node on every control plane; set that, or choose another csrSigner",
  ],
  [
    { authority: { vault: { address: "https://vault.example.com" } } },
    "authority.vault: given with kind embedded; must be used with kind: vault; set that kind, or leave it out",
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
    assert.match(problem ?? "", /^cluster\.endpoint: "(?:a b\\n)+[^\n]{0,4}\.\.\."; must be/);
    assert.ok((problem ?? "").length < 160);
  });
});
