/** Where a component listens. */
export interface Listener {
  readonly port: number;
  /** On the address that the node has in the cluster, or on 127.0.0.1 alone. */
  readonly on: "node" | "loopback";
}

/**
 * What is asked or connected to, as kubeadm and the components have it by default
 * (https://kubernetes.io/docs/reference/networking/ports-and-protocols/).
 */
export const LISTENERS = {
  /** kube-apiserver: clients and nodes. */
  apiServer: { port: 6443, on: "node" },
  /** etcd: its clients. */
  etcdClient: { port: 2379, on: "node" },
  /** etcd: its other members. */
  etcdPeer: { port: 2380, on: "node" },
  /** kubelet: the API server. */
  kubelet: { port: 10250, on: "node" },
  /** kubelet, without TLS. */
  kubeletHealth: { port: 10248, on: "loopback" },
  controllerManagerHealth: { port: 10257, on: "loopback" },
  schedulerHealth: { port: 10259, on: "loopback" },
} as const satisfies Readonly<Record<string, Listener>>;

export type ListenerName = keyof typeof LISTENERS;
export const LISTENER_NAMES = Object.keys(LISTENERS) as [ListenerName, ...ListenerName[]];

/** Those of one layout. */
export type Listeners = Readonly<Record<ListenerName, Listener>>;

/** What a stack file says of some of them. */
export type GivenListeners = Readonly<
  Partial<Record<ListenerName, { readonly [K in keyof Listener]?: Listener[K] | undefined } | undefined>>
>;

export const withGiven = (listeners: Listeners, given: GivenListeners): Listeners => {
  const listenerOf = (name: ListenerName): Listener => ({
    port: given[name]?.port ?? listeners[name].port,
    on: given[name]?.on ?? listeners[name].on,
  });
  return Object.fromEntries(LISTENER_NAMES.map((name) => [name, listenerOf(name)])) as unknown as Listeners;
};
