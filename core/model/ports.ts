/**
 * Where components listen. The numbers are kubeadm's and the components' own
 * (https://kubernetes.io/docs/reference/networking/ports-and-protocols/).
 */
export const PORTS = {
  /** kube-apiserver: clients and nodes. */
  apiServer: 6443,
  /** etcd: its clients. */
  etcdClient: 2379,
  /** etcd: its other members. */
  etcdPeer: 2380,
  /** kubelet: the API server. */
  kubelet: 10250,
  /** kubelet, on the loopback address, without TLS. */
  kubeletHealth: 10248,
  /** kube-controller-manager, on the loopback address. */
  controllerManagerHealth: 10257,
  /** kube-scheduler, on the loopback address. */
  schedulerHealth: 10259,
} as const;
