/** Orders of nodes; core/stepOrder.ts says which one a step keeps. */
import type { Config, NodeConfig } from "./schema/config";

/** By the name of a node, the names of those that it waits for; in the order in which nodes are handled. */
export type Order = ReadonlyMap<string, readonly string[]>;

/** Whether the cluster itself depends on it: a member of etcd or a control plane. */
export const isServer = ({ roles }: Pick<NodeConfig, "roles">): boolean =>
  roles.includes("etcd") || roles.includes("control-plane");

/** How many workers are updated at the same time. */
export const workersAtOnce = (given: Config["rollout"]["workersAtOnce"], workers: number): number =>
  typeof given === "number" ? given : Math.max(1, Math.floor((workers * parseInt(given, 10)) / 100));

const names = (nodes: readonly (NodeConfig | undefined)[]): string[] =>
  nodes.flatMap((node) => (node === undefined ? [] : [node.name]));

/** Each server alone, etcd-only members first, then control planes. */
const serversOf = ({ nodes }: Config): NodeConfig[] => {
  const rank = ({ roles }: NodeConfig): number => (roles.includes("control-plane") ? 1 : 0);
  return nodes.filter(isServer).sort((a, b) => rank(a) - rank(b));
};

/** So many at once; the first of them wait for `begin`. */
const waves = ({ rollout }: Config, workers: readonly NodeConfig[], of: number, begin: readonly string[]) => {
  const width = workersAtOnce(rollout.workersAtOnce, of);
  return workers.map(({ name }, at) => [name, at < width ? begin : names([workers[at - width]])] as const);
};

/** @param begin whom the first of the workers waits for: one alone, the canary; then the others in waves */
const inWaves = (config: Config, begin: NodeConfig | undefined): Order => {
  const servers = serversOf(config);
  // a machine that has not joined yet would prove nothing as the canary
  const workers = config.nodes.filter((node) => !isServer(node)).sort((a, b) => Number(a.joining) - Number(b.joining));
  const count = workers.length;
  const [canary] = config.rollout.canary ? workers.splice(0, 1) : [];
  return new Map([
    ...servers.map(({ name }, at) => [name, names([servers[at - 1]])] as const),
    ...(canary === undefined ? [] : [[canary.name, names([begin])] as const]),
    ...waves(config, workers, count, names([canary ?? begin])),
  ]);
};

/** Of so many API servers one may be away while a kubelet restarts and asks for its pods, and etcd goes on. */
const GOES_ON_WITHOUT_ONE = 3;

/** The server that workers wait for where they may be handled beside the others. */
const firstOf = (config: Config): NodeConfig | undefined => {
  const servers = serversOf(config);
  const planes = servers.filter(({ roles, joining }) => roles.includes("control-plane") && !joining);
  return planes.length >= GOES_ON_WITHOUT_ONE ? planes[0] : servers.at(-1);
};

/** All members of etcd at once, since no quorum comes from one alone, then what else serves the API, then workers in waves. */
const startOrder = (config: Config): Order => {
  const servers = config.nodes.filter(isServer);
  const members = servers.filter(({ roles }) => roles.includes("etcd"));
  const others = servers.filter(({ roles }) => !roles.includes("etcd"));
  const workers = config.nodes.filter((node) => !isServer(node));
  const last = names(others.length > 0 ? others : members);
  return new Map([
    ...others.map(({ name }) => [name, names(members)] as const),
    ...waves(config, workers, workers.length, last),
  ]);
};

export const nodeOrders = (config: Config) => ({
  /** Servers, then workers. */
  serversFirst: inWaves(config, serversOf(config).at(-1)),
  /** The first control plane, then the others of three or more and the workers beside them; with fewer as `serversFirst`. */
  beside: inWaves(config, firstOf(config)),
  /** In which a dead cluster starts (core/recovery.ts). */
  start: startOrder(config),
});

export type NodeOrder = keyof ReturnType<typeof nodeOrders>;
