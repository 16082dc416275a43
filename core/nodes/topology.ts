/** Which nodes are members of what. */
import type { NodeConfig, Config } from "../schema/config";

/** kubeadm's stacked default: without a node for etcd, the control planes run it. */
export const withEtcd = (nodes: readonly NodeConfig[]): NodeConfig[] =>
  nodes.some(({ roles }) => roles.includes("etcd"))
    ? [...nodes]
    : nodes.map((node) => (node.roles.includes("control-plane") ? { ...node, roles: [...node.roles, "etcd"] } : node));

/** Of these those that are in the cluster by now: all but those that are joining, or all where nothing else is there. */
export const joinedOf = (nodes: readonly NodeConfig[]): readonly NodeConfig[] => {
  const joined = nodes.filter(({ joining }) => !joining);
  return joined.length > 0 ? joined : nodes;
};

/** Where the cluster is asked and work in it is done: a control plane that has joined it, if one has. */
export const controlPlaneExecutor = ({ nodes }: Pick<Config, "nodes">): NodeConfig | undefined =>
  joinedOf(nodes.filter(({ roles }) => roles.includes("control-plane")))[0];
