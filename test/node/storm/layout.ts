/** Where things lie on a node of the storm: a small control plane, in the shape of kubeadm's. */
import type { Profile } from "./pool";

export const PKI = "/etc/kubernetes/pki";
/** Nobody answers there. */
export const API = "127.6.4.43:6443";
export const CURRENT = "/var/lib/kubelet/pki/kubelet-client-current.pem";

/** CA files, by the part of the payload that they hold. */
export const CA_FILES = {
  "/etc/kubernetes/pki/ca.crt": "ca:kubernetes",
  "/var/lib/kubelet/ca.crt": "ca:kubernetes",
  "/etc/kubernetes/pki/etcd/ca.crt": "ca:etcd",
} as const;
export type CaFile = keyof typeof CA_FILES;
export const CA_PATHS = Object.keys(CA_FILES) as CaFile[];
export const CA = `${PKI}/ca.crt`;
export const CA_KEY = `${PKI}/ca.key`;
export const ETCD_CA = `${PKI}/etcd/ca.crt`;

export const TOKENS = `${PKI}/sa.pub`;
export const SIGNER = { cert: `${PKI}/ca-signing.crt`, key: `${PKI}/ca-signing.key` } as const;

/** Where a certificate and its key lie; one path for both: a file of both. */
export interface PairAt {
  readonly cert: string;
  readonly key: string;
}

export const LEAFS = {
  web: { cert: `${PKI}/web.crt`, key: `${PKI}/web.key` },
  store: { cert: `${PKI}/etcd/store.crt`, key: `${PKI}/etcd/store.key` },
  kubelet: {
    cert: "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem",
    key: "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem",
  },
} as const satisfies Partial<Record<Profile, PairAt>>;
export const LEAF_NAMES = Object.keys(LEAFS) as (keyof typeof LEAFS)[];

export const PAIRS: readonly PairAt[] = [...Object.values(LEAFS), { cert: CA, key: CA_KEY }, SIGNER];

export const CONFS = ["/etc/kubernetes/admin.conf", "/etc/kubernetes/kubelet.conf"] as const;
export type Conf = (typeof CONFS)[number];

/** Modes by the layout. */
export const MODES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(CA_PATHS.map((path) => [path, 0o644])),
  [CA_KEY]: 0o600,
  [TOKENS]: 0o644,
  [SIGNER.cert]: 0o644,
  [SIGNER.key]: 0o600,
  [LEAFS.web.cert]: 0o644,
  [LEAFS.web.key]: 0o600,
  [LEAFS.store.cert]: 0o644,
  [LEAFS.store.key]: 0o600,
  [LEAFS.kubelet.cert]: 0o600,
  ...Object.fromEntries(CONFS.map((path) => [path, 0o600])),
};
export const PATHS = Object.keys(MODES);
export const FOLDERS = ["/etc/kubernetes", PKI, `${PKI}/etcd`, "/var/lib/kubelet", "/var/lib/kubelet/pki"] as const;

/** Files that nobody has told the script of. */
export const UNKNOWN = [
  `${PKI}/other.crt`,
  `${PKI}/other.key`,
  `${PKI}/.kube-pki.notes`,
  `${PKI}/etcd/note`,
  "/etc/kubernetes/ca.crt.bak",
] as const;

export const STATE = "/var/lib/kube-pki";
