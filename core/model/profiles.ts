/** Every leaf certificate profile of a cluster; the inventory has one row for each. */
export const PROFILE_NAMES = [
  "apiserver",
  "apiserver-kubelet-client",
  "apiserver-etcd-client",
  "front-proxy-client",
  "etcd-server",
  "etcd-peer",
  "etcd-healthcheck-client",
  "admin",
  "super-admin",
  "controller-manager",
  "scheduler",
  "kubelet",
  "kubelet-server",
  "kube-proxy",
] as const;

export type ProfileName = (typeof PROFILE_NAMES)[number];

/** The three certificate authorities of a cluster; also the field names in the stack file. */
export const AUTHORITY_NAMES = ["kubernetes", "etcd", "frontProxy"] as const;

export type AuthorityName = (typeof AUTHORITY_NAMES)[number];
