/**
 * What a layout says: where each file of the PKI is on a node, who reads it, and how its readers are restarted. A layout is
 * data, in a file of its own.
 */
import type { AuthorityName } from "../model/authorities";
import type { Listeners } from "../model/listeners";
import type { LeafName, ProfileName } from "../model/profiles";
import type { ConsumerInput, ConsumerName } from "../model/reload";
import type { Role } from "../model/roles";

/** What a file holds. */
export type Content =
  | { readonly kind: "certificate"; readonly profile: LeafName }
  | { readonly kind: "key"; readonly profile: LeafName }
  /** certificate and key in one file, as the kubelet keeps its client credentials */
  | { readonly kind: "pair"; readonly profile: ProfileName }
  | { readonly kind: "ca"; readonly authority: AuthorityName }
  | { readonly kind: "caKey"; readonly authority: AuthorityName }
  /** the key of a CSR signer that was made on the node, under this name (core/authorities/nodeCsrSigners.ts) */
  | { readonly kind: "csrSignerKey"; readonly csrSigner: string }
  /** the certificate that the controller manager signs with: one, also while several CAs are trusted */
  | { readonly kind: "csrSigner"; readonly authority: AuthorityName }
  | { readonly kind: "serviceAccount"; readonly half: "private" | "public" }
  | {
      readonly kind: "kubeconfig";
      readonly profile: ProfileName;
      readonly server: "endpoint" | "local";
      /** Where the client credentials are: inside the file, or in this file. */
      readonly credentials: "inline" | { readonly file: string };
    }
  | { readonly kind: "link"; readonly profile: ProfileName; readonly target: string };

/** Nodes a row applies to. `first-control-plane` is the first one in the stack file. */
export type Where = Role | "any" | "first-control-plane";

/** Of a layout, or of one node of it. */
export interface FileRow {
  /** In a layout it may hold NODE_NAME. */
  readonly path: string;
  readonly on: Where | readonly Where[];
  /** Stricter than follows from the content. @default 0600 for what is secret, 0644 for the rest */
  readonly mode?: string;
  /** User that the file belongs to. @default root */
  readonly owner?: string;
  /** @default root */
  readonly group?: string;
  readonly content: Content;
  /** Who reads the file, and as what: core/model/reload.ts says what that asks for when it changes. */
  readonly uses: readonly ConsumerInput[];
  /** Of a certificate of the user's own: the programs that read it. Absent: a file of the layout. */
  readonly own?: readonly string[];
  /** Only where authorities are rotated. @default false */
  readonly rotationOnly?: true;
}

/** Stands for the node's name in the path of a layout. */
export const NODE_NAME = "{node}";

/** A text as it is for one node. */
export const named = (text: string, nodeName: string): string => text.replaceAll(NODE_NAME, nodeName);

/** The row as it is for one node. */
export const fileOn = (row: FileRow, nodeName: string): FileRow => {
  const here = (text: string): string => named(text, nodeName);
  return { ...row, path: here(row.path), content: withPaths(row.content, here, here) };
};

/** Content that names files: a link the one beside it, a kubeconfig the one with its credentials. */
export const withPaths = (
  content: Content,
  linked: (target: string) => string,
  named: (path: string) => string,
): Content => {
  switch (content.kind) {
    case "link":
      return { ...content, target: linked(content.target) };
    case "kubeconfig":
      return content.credentials === "inline"
        ? content
        : { ...content, credentials: { file: named(content.credentials.file) } };
    default:
      return content;
  }
};

/** Whether it is secret: it lets its reader act with another identity. */
export const isSecret = (content: Content): boolean => {
  switch (content.kind) {
    case "certificate":
    case "ca":
    case "csrSigner":
      return false;
    case "serviceAccount":
      return content.half === "private";
    case "key":
    case "pair":
    case "caKey":
    case "csrSignerKey":
    case "kubeconfig":
    case "link":
      return true;
  }
};

export const modeOf = ({ mode, content }: Pick<FileRow, "mode" | "content">): string =>
  mode ?? (isSecret(content) ? "0600" : "0644");

/** The leaf a file holds, if it does. */
export const profileOf = ({ content }: Pick<FileRow, "content">): readonly LeafName[] =>
  "profile" in content ? [content.profile] : [];

/**
 * The controller manager signs with a file of exactly one certificate (kubernetes/kubeadm#1350), so before ca.crt holds
 * two it gets files of its own: at first copies of the CA it signs with now.
 */
export interface Signing {
  readonly certificate: string;
  readonly key: string;
  readonly from: { readonly certificate: string; readonly key: string };
}

/** What a layout's certificates of etcd say where that is not what kubeadm's do; they have the names of every member. */
export interface LeafForm {
  /** NODE_NAME in it stands for the first label of the node's name. */
  readonly commonName: string;
  readonly usages: readonly ("server" | "client")[];
  /** Names of a Service in the cluster; one that ends in `svc` also has the cluster's domain behind it. */
  readonly serviceNames: readonly string[];
}

export interface ConsumerRow {
  readonly name: ConsumerName;
  readonly on: Where | readonly Where[];
  readonly kind: "static-pod" | "systemd";
  readonly unit: string;
}

/** How a cluster is installed: its properties, and the files and services on its nodes. */
export interface Layout {
  /** Nodes that join read the CA from kube-public/cluster-info. */
  readonly publishesClusterInfo: boolean;
  /** kubeadm's role bindings are there, of the group kubeadm:cluster-admins and of the API server's kubelet client. */
  readonly hasKubeadmBindings: boolean;
  /** The controller manager signs what kubelets ask for, so that a kubelet can get another certificate without ssh. */
  readonly signsForKubelets: boolean;
  /** Where no node has the role etcd, the control planes run it. */
  readonly stacksEtcd: boolean;
  /** Port on localhost at which a worker has a proxy of its own to the API servers; 0: it goes to the endpoint. */
  readonly workerProxyPort: number;
  readonly leaves: Readonly<Partial<Record<ProfileName, LeafForm>>>;
  /** Of nodes of Kubernetes 1.`minor`. */
  readonly files: (kubernetesMinor: number) => readonly FileRow[];
  readonly signing: Signing;
  readonly listeners: Listeners;
  /** In the order in which they are restarted on one node. */
  readonly consumers: readonly ConsumerRow[];
}

/** The nodes of the cluster, where kubeadm makes it: no member of etcd alone is one. */
export const KUBERNETES_NODES: readonly Where[] = ["control-plane", "worker"];

/** A row of kubeadm's on those of its nodes that are no members of etcd alone; none if it has no other. */
export const withoutMembers = <R extends { readonly on: Where | readonly Where[] }>(row: R): R[] => {
  const on = (row.on === "any" ? KUBERNETES_NODES : [row.on].flat()).filter((where) => where !== "etcd");
  return on.length === 0 ? [] : [{ ...row, on }];
};

// Short forms that keep the layout tables readable.
export const certificate = (profile: ProfileName): Content => ({ kind: "certificate", profile });
export const key = (profile: ProfileName): Content => ({ kind: "key", profile });
export const ca = (authority: AuthorityName): Content => ({ kind: "ca", authority });
export const kubeconfig = (profile: ProfileName, server: "endpoint" | "local"): Content => ({
  kind: "kubeconfig",
  profile,
  server,
  credentials: "inline",
});

/** The rows of the controller manager's own signing files. */
export const signingFiles = ({ certificate: path, key: keyPath }: Signing): readonly FileRow[] => [
  {
    path,
    on: "control-plane",
    content: { kind: "csrSigner", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
    rotationOnly: true,
  },
  {
    path: keyPath,
    on: "control-plane",
    content: { kind: "caKey", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
    rotationOnly: true,
  },
];

/** The two files of a leaf in PEM. */
export const pemFiles = (
  profile: ProfileName,
  on: FileRow["on"],
  base: string,
  uses: readonly ConsumerInput[],
): readonly FileRow[] => [
  { path: `${base}.crt`, on, content: certificate(profile), uses },
  { path: `${base}.key`, on, content: key(profile), uses },
];
