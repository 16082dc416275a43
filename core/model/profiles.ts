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

/** The name of the stack's own administrator in the output `kubeconfigs`; no user is called so. */
export const ADMIN = "admin";
