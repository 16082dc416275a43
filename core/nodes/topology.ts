/** Which nodes are members of what. */
import { LAYOUTS } from "../layouts";
import type { NodeConfig, Config } from "../schema/config";

/** kubeadm's stacked default: without a node for etcd, the control planes run it. */
export const withEtcd = (nodes: readonly NodeConfig[]): NodeConfig[] =>
  nodes.some(({ roles }) => roles.includes("etcd"))
    ? [...nodes]
    : nodes.map((node) => (node.roles.includes("control-plane") ? { ...node, roles: [...node.roles, "etcd"] } : node));

/** Those of them that have joined the cluster; all of them if none has. */
export const joinedOf = (nodes: readonly NodeConfig[]): readonly NodeConfig[] => {
  const joined = nodes.filter(({ joining }) => !joining);
  return joined.length > 0 ? joined : nodes;
};

/** The node whose kubectl works in the cluster: a control plane that has joined, if one has. */
export const controlPlaneExecutor = ({ nodes }: Pick<Config, "nodes">): NodeConfig | undefined =>
  joinedOf(nodes.filter(({ roles }) => roles.includes("control-plane")))[0];

/**
 * Whether there is one API server. Where that ends in its own time it takes its address out of the Service `kubernetes`, and
 * kube-proxy, whose watch ends with it, hears late that it is back: no pod reaches it all that while
 * (k8s pkg/controlplane/controller/kubernetesservice).
 */
export const hasOneApiServer = ({ nodes }: Pick<Config, "nodes">): boolean =>
  nodes.filter(({ roles }) => roles.includes("control-plane")).length === 1;

/** Port of the proxy that each worker has on localhost; 0: there is none. */
export const workerProxyPort = ({ cluster, layout }: Pick<Config, "cluster" | "layout">): number =>
  cluster.workerProxyPort ?? LAYOUTS[layout].workerProxyPort;

/** `host:port` at which clients on this node reach the API: the endpoint, or a worker's own proxy. */
export const endpointOn = (
  { roles }: Pick<NodeConfig, "roles">,
  config: Pick<Config, "cluster" | "layout">,
): string => {
  const proxy = workerProxyPort(config);
  return proxy === 0 || roles.includes("control-plane") ? config.cluster.endpoint : `localhost:${String(proxy)}`;
};
