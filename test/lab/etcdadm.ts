/** An external etcd as etcdadm installs it (kubernetes-sigs/etcdadm constants/constants.go, certs/certs.go), and kubeadm's cluster on it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { push } from "./hardway";
import { installKubeadm } from "./kubeadm";
import type { Lab } from "./lab";
import { issueLeaf, RSA } from "./leaf";
import { must } from "./process";
import { step, type Log } from "./progress";
import { binariesOnNode } from "./rootfsFiles";
import { pkiDir, withRole, type NodeSpec } from "./topology";
import { inWaves } from "./waves";

const pkiFolder = "/etc/etcd/pki";
const environmentFile = "/etc/etcd/etcd.env";

const unit = `[Unit]
Description=etcd
Documentation=https://github.com/coreos/etcd
Conflicts=etcd-member.service
Conflicts=etcd2.service

[Service]
EnvironmentFile=${environmentFile}
ExecStart=${binariesOnNode}/etcd

Type=notify
TimeoutStartSec=0
Restart=on-failure
RestartSec=5s

LimitNOFILE=65536
Nice=-10
IOSchedulingClass=best-effort
IOSchedulingPriority=2
MemoryLow=200M

[Install]
WantedBy=multi-user.target
`;

const environment = ({ name, address }: NodeSpec, all: readonly NodeSpec[]): string => `ETCD_NAME=${name}

# Initial cluster configuration
ETCD_INITIAL_CLUSTER=${withRole(all, "etcd")
  .map((each) => `${each.name}=https://${each.address}:2380`)
  .join(",")}
ETCD_INITIAL_CLUSTER_TOKEN=lab
ETCD_INITIAL_CLUSTER_STATE=new

# Peer configuration
ETCD_INITIAL_ADVERTISE_PEER_URLS=https://${address}:2380
ETCD_LISTEN_PEER_URLS=https://${address}:2380

ETCD_CLIENT_CERT_AUTH=true
ETCD_PEER_CERT_FILE=${pkiFolder}/peer.crt
ETCD_PEER_KEY_FILE=${pkiFolder}/peer.key
ETCD_PEER_TRUSTED_CA_FILE=${pkiFolder}/ca.crt

# Client/server configuration
ETCD_ADVERTISE_CLIENT_URLS=https://${address}:2379
ETCD_LISTEN_CLIENT_URLS=https://${address}:2379,https://127.0.0.1:2379

ETCD_PEER_CLIENT_CERT_AUTH=true
ETCD_CERT_FILE=${pkiFolder}/server.crt
ETCD_KEY_FILE=${pkiFolder}/server.key
ETCD_TRUSTED_CA_FILE=${pkiFolder}/ca.crt

# Other
ETCD_DATA_DIR=/var/lib/etcd
ETCD_STRICT_RECONFIG_CHECK=true
`;

/** What a bare member has: its unit, not enabled, and what that reads. */
export function memberFiles(node: NodeSpec, all: readonly NodeSpec[]): Record<string, string> {
  if (!node.roles.includes("etcd")) return {};
  return { "/etc/systemd/system/etcd.service": unit, [environmentFile]: environment(node, all) };
}

const caScript = `
umask 077
mkdir -p "$1"
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj /CN=etcd -keyout "$1/etcd.key" -out "$1/etcd.crt" \\
  -addext keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign 2>/dev/null
`;

const MASTERS = "/O=system:masters";

type Leaf = readonly [base: string, subject: string, usage: string, sans: readonly string[]];

const memberLeaves = ({ name, address }: NodeSpec): readonly Leaf[] => [
  ["server", `/CN=${name}`, "serverAuth,clientAuth", [`DNS:${name}`, `IP:${address}`, "IP:127.0.0.1"]],
  ["peer", `/CN=${name}`, "serverAuth,clientAuth", [`DNS:${name}`, `IP:${address}`]],
  ["etcdctl-etcd-client", `${MASTERS}/CN=${name}-etcdctl`, "clientAuth", []],
  ["apiserver-etcd-client", `${MASTERS}/CN=${name}-kube-apiserver-etcd-client`, "clientAuth", []],
];

/** All PKI files of one member: path -> text. */
async function memberPki(folder: string, node: NodeSpec): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const suffix of ["crt", "key"])
    files[`${pkiFolder}/ca.${suffix}`] = readFileSync(join(folder, `etcd.${suffix}`), "utf8");
  for (const [base, subject, usage, sans] of memberLeaves(node)) {
    const { key, certificate } = await issueLeaf(folder, { authority: "etcd", subject, usage, sans, algorithm: RSA });
    files[`${pkiFolder}/${base}.key`] = key;
    files[`${pkiFolder}/${base}.crt`] = certificate;
  }
  return files;
}

/** Starts etcd on all members at once: each waits for the others. */
async function startMembers(lab: Lab, log: Log): Promise<void> {
  const members = withRole(lab.nodes, "etcd");
  await step(log, `starting etcd on ${members.map(({ name }) => name).join(", ")}`, () =>
    inWaves(members, ({ name }) => lab.must(name, "systemctl enable --quiet --now etcd", { timeoutMs: 120_000 })),
  );
}

/** Starts etcd and has kubeadm do the rest. With `pki: "given"` every node has its files already. */
export async function installEtcdadm(lab: Lab, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  if (pki === "made") await step(log, "making etcd's PKI with openssl", () => makePki(lab));
  await startMembers(lab, log);
  await installKubeadm(lab, log, pki);
}

/** Makes the PKI of etcd and hands the first member's client of it to the control planes. */
async function makePki(lab: Lab): Promise<void> {
  const folder = join(lab.folder, "pki");
  await must(["sh", "-euc", caScript, "sh", folder], { what: "making etcd's CA" });
  const made = new Map<NodeSpec, Record<string, string>>();
  for (const node of withRole(lab.nodes, "etcd")) made.set(node, await memberPki(folder, node));
  for (const [node, files] of made) await push(lab, node, files);
  const [first = {}] = made.values();
  for (const node of withRole(lab.nodes, "control-plane")) await push(lab, node, handedOver(lab, first));
}

const handedOver = ({ topology }: Lab, first: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    [
      ["etcd/ca.crt", "ca.crt"],
      ["apiserver-etcd-client.crt", "apiserver-etcd-client.crt"],
      ["apiserver-etcd-client.key", "apiserver-etcd-client.key"],
    ].map(([to = "", from = ""]) => [`${pkiDir(topology)}/${to}`, first[`${pkiFolder}/${from}`] ?? ""]),
  );
