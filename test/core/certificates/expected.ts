/** What tests know of certificates. A profile that is new passes without a row here, and then no test knows its values. */
import type { LeafName, ProfileName } from "../../../core/model/profiles";

/** [authority, CN, usages, O with kubeadm 1.36, O in the hard way]; read in certlist.go and the authorizers' docs. */
export const EXPECTED: Readonly<
  Partial<Record<ProfileName, readonly [string, string, string, readonly string[], readonly string[]]>>
> = {
  apiserver: ["kubernetes", "kube-apiserver", "server", [], []],
  // kubeadm 1.36 binds the user to system:kubelet-api-admin; elsewhere nobody does, so it is in a group that may
  "apiserver-kubelet-client": ["kubernetes", "kube-apiserver-kubelet-client", "client", [], ["system:masters"]],
  "apiserver-etcd-client": ["etcd", "kube-apiserver-etcd-client", "client", [], []],
  // --requestheader-allowed-names
  "front-proxy-client": ["frontProxy", "front-proxy-client", "client", [], []],
  // etcd-io/etcd#9785: it presents its server certificate as a client, too
  "etcd-server": ["etcd", "w1", "client server", [], []],
  "etcd-peer": ["etcd", "w1", "client server", [], []],
  "etcd-healthcheck-client": ["etcd", "kube-etcd-healthcheck-client", "client", [], []],
  // kubernetes-sigs/etcdadm certs/certs.go; its group is of no use to etcd
  "etcdctl-etcd-client": ["etcd", "w1-etcdctl", "client", [], []],
  admin: ["kubernetes", "kubernetes-admin", "client", ["kubeadm:cluster-admins"], ["system:masters"]],
  "super-admin": ["kubernetes", "kubernetes-super-admin", "client", ["system:masters"], ["system:masters"]],
  // kubernetes.io/docs/reference/access-authn-authz/rbac: users that default bindings name
  "controller-manager": ["kubernetes", "system:kube-controller-manager", "client", [], []],
  scheduler: ["kubernetes", "system:kube-scheduler", "client", [], []],
  "kube-proxy": ["kubernetes", "system:kube-proxy", "client", ["system:node-proxier"], ["system:node-proxier"]],
  // kubernetes.io/docs/reference/access-authn-authz/node: the node authorizer's user and group
  kubelet: ["kubernetes", "system:node:w1", "client", ["system:nodes"], ["system:nodes"]],
  // as the signer kubernetes.io/kubelet-serving asks for
  "kubelet-server": ["kubernetes", "system:node:w1", "server", ["system:nodes"], ["system:nodes"]],
};

export const isKnown = (profile: LeafName): boolean => profile in EXPECTED;
