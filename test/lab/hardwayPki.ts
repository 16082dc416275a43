import { readFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { EC, issueLeaf } from "./leaf";
import { must } from "./process";
import { labNetwork, type NodeSpec, type Role } from "./topology";

/** The PKI a user of the hard way would have made by hand with openssl, for prepared clusters. */

const authorities = { kubernetes: "kubernetes", etcd: "etcd-ca", frontProxy: "front-proxy-ca" } as const;

type Authority = keyof typeof authorities;

interface Leaf {
  readonly on: readonly Role[];
  readonly authority: Authority;
  readonly subject: (node: NodeSpec) => string;
  readonly usage: string;
  readonly sans?: (node: NodeSpec) => readonly string[];
  /** Where certificate and key go, without suffix; or a kubeconfig for this server. */
  readonly to: { readonly files: string } | { readonly kubeconfig: string; readonly server: "endpoint" | "local" };
  /** Made for the first node that has it, and copied to the others. */
  readonly isCopied?: true;
}

/** What is made of it, and where that goes. */
export interface PkiTables {
  readonly leaves: readonly Leaf[];
  /** What every node of a role shares: path on the node -> file of the PKI folder. */
  readonly shared: Readonly<Record<Role, Readonly<Record<string, string>>>>;
  readonly suffixes: { readonly certificate: string; readonly key: string };
}

const client = "clientAuth";
const server = "serverAuth";
const both = "serverAuth,clientAuth";

export function ownNames(node: NodeSpec): string[] {
  return [`DNS:${node.name}`, "DNS:localhost", `IP:${node.address}`, "IP:127.0.0.1"];
}

/** What an API server is called inside the cluster. */
export const serviceNames: readonly string[] = [
  "DNS:kubernetes",
  "DNS:kubernetes.default",
  "DNS:kubernetes.default.svc",
  `DNS:kubernetes.default.svc.${labNetwork.clusterDomain}`,
  `IP:${labNetwork.kubernetesServiceAddress}`,
];

function apiNames(node: NodeSpec): string[] {
  return [...serviceNames, `IP:${labNetwork.address}`, ...ownNames(node)];
}

const leaves: readonly Leaf[] = [
  {
    on: ["etcd"],
    authority: "etcd",
    subject: (node) => `/CN=${node.name}`,
    usage: both,
    sans: ownNames,
    to: { files: "/etc/etcd/server" },
  },
  {
    on: ["etcd"],
    authority: "etcd",
    subject: (node) => `/CN=${node.name}`,
    usage: both,
    sans: ownNames,
    to: { files: "/etc/etcd/peer" },
  },
  {
    on: ["control-plane"],
    authority: "kubernetes",
    subject: () => "/CN=kube-apiserver",
    usage: server,
    sans: apiNames,
    to: { files: "/var/lib/kubernetes/kube-apiserver" },
  },
  {
    on: ["control-plane"],
    authority: "kubernetes",
    subject: () => "/O=system:masters/CN=kube-apiserver-kubelet-client",
    usage: client,
    to: { files: "/var/lib/kubernetes/apiserver-kubelet-client" },
  },
  {
    on: ["control-plane"],
    authority: "etcd",
    subject: () => "/CN=kube-apiserver-etcd-client",
    usage: client,
    to: { files: "/var/lib/kubernetes/apiserver-etcd-client" },
  },
  {
    on: ["control-plane"],
    authority: "frontProxy",
    subject: () => "/CN=front-proxy-client",
    usage: client,
    to: { files: "/var/lib/kubernetes/front-proxy-client" },
  },
  {
    on: ["control-plane"],
    authority: "kubernetes",
    subject: () => "/O=system:masters/CN=kubernetes-admin",
    usage: client,
    to: { kubeconfig: "/var/lib/kubernetes/admin.kubeconfig", server: "endpoint" },
  },
  {
    on: ["control-plane"],
    authority: "kubernetes",
    subject: () => "/CN=system:kube-controller-manager",
    usage: client,
    to: { kubeconfig: "/var/lib/kubernetes/kube-controller-manager.kubeconfig", server: "local" },
  },
  {
    on: ["control-plane"],
    authority: "kubernetes",
    subject: () => "/CN=system:kube-scheduler",
    usage: client,
    to: { kubeconfig: "/var/lib/kubernetes/kube-scheduler.kubeconfig", server: "local" },
  },
  {
    on: ["worker"],
    authority: "kubernetes",
    subject: (node) => `/O=system:nodes/CN=system:node:${node.name}`,
    usage: server,
    sans: (node) => [`DNS:${node.name}`, `IP:${node.address}`],
    to: { files: "/var/lib/kubelet/kubelet" },
  },
  {
    on: ["worker"],
    authority: "kubernetes",
    subject: (node) => `/O=system:nodes/CN=system:node:${node.name}`,
    usage: client,
    to: { kubeconfig: "/var/lib/kubelet/kubeconfig", server: "endpoint" },
  },
  {
    on: ["worker"],
    authority: "kubernetes",
    subject: () => "/CN=system:kube-proxy",
    usage: client,
    to: { kubeconfig: "/var/lib/kube-proxy/kubeconfig", server: "endpoint" },
  },
];

const shared: PkiTables["shared"] = {
  etcd: { "/etc/etcd/ca.crt": "etcd.crt" },
  "control-plane": {
    "/var/lib/kubernetes/ca.crt": "kubernetes.crt",
    "/var/lib/kubernetes/ca.key": "kubernetes.key",
    "/var/lib/kubernetes/etcd-ca.crt": "etcd.crt",
    "/var/lib/kubernetes/front-proxy-ca.crt": "frontProxy.crt",
    "/var/lib/kubernetes/service-accounts.key": "service-accounts.key",
    "/var/lib/kubernetes/service-accounts.pub": "service-accounts.pub",
  },
  worker: { "/var/lib/kubelet/ca.crt": "kubernetes.crt" },
};

const authoritiesScript = `
umask 077
mkdir -p "$1"
cd "$1"
while read -r name cn; do
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$cn" \\
    -keyout "$name.key" -out "$name.crt" -addext keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign
done
openssl genrsa -out service-accounts.key 2048
openssl rsa -in service-accounts.key -pubout -out service-accounts.pub
`;

const HARDWAY: PkiTables = { leaves, shared, suffixes: { certificate: ".crt", key: ".key" } };

/** Makes authorities, by their names with their common names, and the service account key in a folder of the host, which is the lab's "offline CA". */
export async function makeAuthorities(
  folder: string,
  made: Readonly<Record<string, string>> = authorities,
): Promise<void> {
  const lines = Object.entries(made).map(([name, cn]) => `${name} ${cn}\n`);
  await must(["sh", "-euc", authoritiesScript, "sh", folder], {
    stdin: lines.join(""),
    what: "making the authorities",
  });
}

function kubeconfig(ca: string, url: string, user: string, certificate: string, key: string): string {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "lab", cluster: { server: url, "certificate-authority-data": base64(ca) } }],
    users: [{ name: user, user: { "client-certificate-data": base64(certificate), "client-key-data": base64(key) } }],
    contexts: [{ name: `${user}@lab`, context: { cluster: "lab", user } }],
    "current-context": `${user}@lab`,
  });
}

/** All PKI files of one node: path -> text. `copied` keeps what the nodes after it get as well. */
export async function pkiFiles(
  folder: string,
  node: NodeSpec,
  endpoint: string,
  { leaves: all, shared: given, suffixes }: PkiTables = HARDWAY,
  copied = new Map<string, string>(),
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  const read = (name: string): string => readFileSync(join(folder, name), "utf8");
  for (const role of node.roles) {
    for (const [path, from] of Object.entries(given[role])) files[path] = read(from);
  }
  for (const leaf of all.filter(({ on }) => on.some((role) => node.roles.includes(role)))) {
    if ("files" in leaf.to) {
      const [certificatePath, keyPath] = [leaf.to.files + suffixes.certificate, leaf.to.files + suffixes.key];
      if (leaf.isCopied !== true || !copied.has(keyPath)) {
        const made = await issueLeaf(folder, {
          ...leaf,
          subject: leaf.subject(node),
          sans: leaf.sans?.(node) ?? [],
          algorithm: EC,
        });
        copied.set(certificatePath, made.certificate).set(keyPath, made.key);
      }
      files[certificatePath] = copied.get(certificatePath) ?? "";
      files[keyPath] = copied.get(keyPath) ?? "";
    } else {
      const { key, certificate } = await issueLeaf(folder, {
        ...leaf,
        subject: leaf.subject(node),
        sans: [],
        algorithm: EC,
      });
      const address = leaf.to.server === "endpoint" ? endpoint : `${node.address}:${String(labNetwork.apiPort)}`;
      const user = leaf.subject(node).replace(/^.*CN=/, "");
      files[leaf.to.kubeconfig] = kubeconfig(
        read(`${leaf.authority}.crt`),
        `https://${address}`,
        user,
        certificate,
        key,
      );
    }
  }
  return files;
}
