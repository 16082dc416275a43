/**
 * What a layout says: where each file of the PKI lies on a node, who reads it, and how its readers are restarted and
 * asked for proof. A layout is data (core/nodes/layouts/); core/plan.ts is the only reader.
 */
import type { AuthorityName } from "../model/authorities";
import type { ProfileName } from "../model/profiles";
import type { Config, NodeConfig, Role } from "../schema/config";
import type { ConsumerInput, ConsumerName } from "./reload";

/** What a file holds. */
export type Content =
  | { readonly kind: "certificate"; readonly profile: ProfileName }
  | { readonly kind: "key"; readonly profile: ProfileName }
  /** certificate and key in one file, as the kubelet keeps its client credentials */
  | { readonly kind: "pair"; readonly profile: ProfileName }
  | { readonly kind: "ca"; readonly authority: AuthorityName }
  | { readonly kind: "caKey"; readonly authority: AuthorityName }
  /** the key of a signer that was made on the node, under this name (core/authorities/nodeSigners.ts) */
  | { readonly kind: "signerKey"; readonly signer: string }
  /** the one certificate that signs, also where the trusted ones are several */
  | { readonly kind: "signer"; readonly authority: AuthorityName }
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

export interface FileRow {
  readonly path: string;
  readonly on: Where | readonly Where[];
  readonly mode: "0600" | "0644";
  readonly content: Content;
  /** Who reads the file, and as what: core/nodes/reload.ts says what that asks for when it changes. */
  readonly uses: readonly ConsumerInput[];
  /** Only where authorities are rotated. @default false */
  readonly rotationOnly?: true;
}

/** The leaf a file holds, if it does. */
export const profileOf = ({ content }: Pick<FileRow, "content">): readonly ProfileName[] =>
  "profile" in content ? [content.profile] : [];

/**
 * The controller manager signs with a file of exactly one certificate (kubernetes/kubeadm#1350), so before ca.crt holds
 * two it gets files of its own: at first copies of what it signs with now.
 */
export interface Signing {
  readonly certificate: string;
  readonly key: string;
  readonly from: { readonly certificate: string; readonly key: string };
}

export type Proof =
  | { readonly kind: "served"; readonly at: string; readonly profile: ProfileName }
  | { readonly kind: "accepted"; readonly at: string; readonly path: string; readonly profile: ProfileName }
  | {
      readonly kind: "health";
      readonly scheme: "http" | "https";
      readonly at: string;
      readonly path: string;
      readonly profile: ProfileName | undefined;
    };

export interface ConsumerRow {
  readonly name: ConsumerName;
  readonly on: Where;
  readonly kind: "static-pod" | "systemd";
  readonly unit: string;
  readonly proofs: (node: NodeConfig, config: Config) => readonly Proof[];
}

export interface Layout {
  readonly files: readonly FileRow[];
  readonly signing: Signing;
  /** In the order in which they are restarted on one node. */
  readonly consumers: readonly ConsumerRow[];
}

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
    mode: "0644",
    content: { kind: "signer", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
    rotationOnly: true,
  },
  {
    path: keyPath,
    on: "control-plane",
    mode: "0600",
    content: { kind: "caKey", authority: "kubernetes" },
    uses: ["kube-controller-manager/signing"],
    rotationOnly: true,
  },
];

/** The two files of a leaf in PEM: the certificate readable by all, the key by root only. */
export const pemFiles = (
  profile: ProfileName,
  on: Where,
  base: string,
  uses: readonly ConsumerInput[],
): readonly FileRow[] => [
  { path: `${base}.crt`, on, mode: "0644", content: certificate(profile), uses },
  { path: `${base}.key`, on, mode: "0600", content: key(profile), uses },
];
