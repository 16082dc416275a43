/** Every leaf certificate profile of a cluster; the inventory has one row for each. */
export const PROFILE_NAMES = [
  "apiserver",
  "apiserver-kubelet-client",
  "apiserver-etcd-client",
  "front-proxy-client",
  "etcd-server",
  "etcd-peer",
  "etcd-healthcheck-client",
  "etcdctl-etcd-client",
  "admin",
  "super-admin",
  "controller-manager",
  "scheduler",
  "kubelet",
  "kubelet-server",
  "kube-proxy",
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** A certificate of the user's own, `certificates.own.<name>` in the stack file: no profile has a dot in its name. */
export type OwnName = `own.${string}`;

/** Every leaf certificate there can be. */
export type LeafName = ProfileName | OwnName;

export const ownName = (name: string): OwnName => `own.${name}`;

/** Undefined: a profile. */
export const ownNameOf = (leaf: LeafName): string | undefined =>
  leaf.startsWith("own.") ? leaf.slice("own.".length) : undefined;

/** The fields of the stack file that say something of it. */
export const fieldsOf = (leaf: LeafName): readonly string[] =>
  isProfile(leaf) ? ["certificates", "profiles", leaf] : ["certificates", "own", ownNameOf(leaf) ?? ""];

export const isProfile = (leaf: LeafName): leaf is ProfileName => ownNameOf(leaf) === undefined;

/** The name of the stack's own administrator in the output `kubeconfigs`; no user is called so. */
export const ADMIN = "admin";
