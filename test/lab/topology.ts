import { hostPort } from "../../core/format/addresses";

export type Role = "control-plane" | "etcd" | "worker";

export interface NodeSpec {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly Role[];
}

/** How the cluster is installed: by kubeadm with static pods, by it on an etcd of its own making, etcdadm's or kubespray's, as systemd units, or by a team's own playbooks (fleet.ts). */
export type Installer = "kubeadm" | "external-etcd" | "etcdadm" | "kubespray" | "hardway" | "fleet";

/** Whether kubeadm makes the control planes and the workers. */
export const usesKubeadm: Readonly<Record<Installer, boolean>> = {
  kubeadm: true,
  "external-etcd": true,
  etcdadm: true,
  kubespray: true,
  hardway: false,
  fleet: false,
};

/** Whether control planes are nodes of the cluster. */
const controlPlanesAreNodes: Readonly<Record<Installer, boolean>> = { ...usesKubeadm, fleet: true };

/** Whether a stack is given the keys of the CAs; else it takes the cluster over by their fingerprints. */
export const handsOverKeys: Readonly<Record<Installer, boolean>> = { ...usesKubeadm, fleet: true };

/** Where the administrator's kubeconfig is on a control plane. */
export const adminKubeconfig: Readonly<Record<Installer, string>> = {
  kubeadm: "/etc/kubernetes/admin.conf",
  "external-etcd": "/etc/kubernetes/admin.conf",
  etcdadm: "/etc/kubernetes/admin.conf",
  kubespray: "/etc/kubernetes/admin.conf",
  hardway: "/var/lib/kubernetes/admin.kubeconfig",
  fleet: "/etc/kubernetes/admin.kubeconfig",
};

/** Whether a kubelet runs its static pods and nothing else: as kubeadm's page on an external etcd has its members. */
export function hasStandaloneKubelet({ roles }: NodeSpec, installer: Installer): boolean {
  return installer === "external-etcd" && roles.every((role) => role === "etcd");
}

/** Whether it is a node of the cluster. */
export function hasKubelet({ roles }: NodeSpec, installer: Installer): boolean {
  return roles.includes("worker") || (controlPlanesAreNodes[installer] && roles.includes("control-plane"));
}

export interface Topology {
  readonly name: TopologyName;
  readonly installer: Installer;
  /** Clients reach the API through the balancer on the lab's own address. */
  readonly balanced: boolean;
  readonly nodes: readonly NodeSpec[];
  /** Where kubeadm keeps the PKI (ClusterConfiguration.certificatesDir), if it was told another place than its own. */
  readonly certificatesDir?: string;
}

/** kubeadm's own. */
export const certificatesDir = "/etc/kubernetes/pki";

const certificatesDirs: Readonly<Record<Installer, string>> = {
  kubeadm: certificatesDir,
  "external-etcd": certificatesDir,
  etcdadm: certificatesDir,
  kubespray: "/etc/kubernetes/ssl",
  hardway: certificatesDir,
  fleet: certificatesDir,
};

/** Where the PKI of a cluster is that kubeadm or playbooks have made. */
export const pkiDir = (topology: Pick<Topology, "certificatesDir" | "installer">): string =>
  topology.certificatesDir ?? certificatesDirs[topology.installer];

/** What differs between a lab of IPv4 and one of IPv6. */
export interface Network {
  /** The lab's own, and the way out of every node. */
  readonly address: string;
  readonly prefixLength: number;
  readonly serviceCidr: string;
  readonly podCidr: string;
}

/** Every lab has these addresses: each lives in network namespaces of its own. */
export const labNetwork = {
  address: "10.77.0.1",
  prefixLength: 24,
  apiPort: 6443,
  serviceCidr: "10.96.0.0/12",
  /** First address of `serviceCidr`: the `kubernetes` service. */
  kubernetesServiceAddress: "10.96.0.1",
  podCidr: "10.88.0.0/16",
  clusterDomain: "cluster.local",
} as const;

export const labNetwork6: Network = {
  address: "fd77::1",
  prefixLength: 64,
  serviceCidr: "fd96::/112",
  podCidr: "fd88::/48",
};

export const isV6 = (address: string): boolean => address.includes(":");

/** The network that a node of this address is in. */
export const networkOf = (nodeAddress: string): Network => (isV6(nodeAddress) ? labNetwork6 : labNetwork);

const firstHost = 11;

/** As many as the lab's network has addresses for. */
const maxNodes = 200;

function address(index: number, v6 = false): string {
  const host = firstHost + index;
  return v6 ? `fd77::${host.toString(16)}` : `10.77.0.${String(host)}`;
}

/** The pods of a node live in a network that carries the last number of the node's address. */
export function podSubnet(nodeAddress: string): string {
  if (isV6(nodeAddress)) return `fd88:0:0:${nodeAddress.replace(/^.*:/, "")}::/64`;
  return `10.88.${nodeAddress.split(".")[3] ?? ""}.0/24`;
}

function nodes(rows: readonly (readonly [string, ...Role[]])[], { v6 = false } = {}): NodeSpec[] {
  return rows.map(([name, ...roles], index) => ({ name, address: address(index, v6), roles }));
}

const stacked = ["control-plane", "etcd"] as const;

const rows = {
  single: {
    installer: "kubeadm",
    balanced: false,
    nodes: nodes([["cp1", ...stacked]]),
  },
  duo: {
    installer: "kubeadm",
    balanced: false,
    nodes: nodes([
      ["cp1", ...stacked],
      ["w1", "worker"],
    ]),
  },
  // kubeadm with a folder of the administrator's own
  moved: {
    installer: "kubeadm",
    balanced: false,
    certificatesDir: "/etc/kubernetes/ssl",
    nodes: nodes([
      ["cp1", ...stacked],
      ["w1", "worker"],
    ]),
  },
  // nodes, services and pods have IPv6 addresses and no others
  ipv6: {
    installer: "kubeadm",
    balanced: false,
    nodes: nodes(
      [
        ["cp1", ...stacked],
        ["w1", "worker"],
      ],
      { v6: true },
    ),
  },
  ha3: {
    installer: "kubeadm",
    balanced: true,
    nodes: nodes([
      ["cp1", ...stacked],
      ["cp2", ...stacked],
      ["cp3", ...stacked],
      ["w1", "worker"],
      ["w2", "worker"],
    ]),
  },
  hardway: {
    installer: "hardway",
    balanced: true,
    nodes: nodes([
      ["etcd1", "etcd"],
      ["etcd2", "etcd"],
      ["etcd3", "etcd"],
      ["cp1", "control-plane"],
      ["cp2", "control-plane"],
      ["w1", "worker"],
    ]),
  },
  "external-etcd": {
    installer: "external-etcd",
    balanced: false,
    nodes: nodes([
      ["etcd1", "etcd"],
      ["etcd2", "etcd"],
      ["etcd3", "etcd"],
      ["cp1", "control-plane"],
      ["w1", "worker"],
    ]),
  },
  etcdadm: {
    installer: "etcdadm",
    balanced: false,
    nodes: nodes([
      ["etcd1", "etcd"],
      ["etcd2", "etcd"],
      ["etcd3", "etcd"],
      ["cp1", "control-plane"],
      ["w1", "worker"],
    ]),
  },
  kubespray: {
    installer: "kubespray",
    balanced: false,
    nodes: nodes([
      ["cp1", ...stacked],
      ["w1", "worker"],
    ]),
  },
  // three masters, which have one pair for their API servers, and etcd beside them
  fleet: {
    installer: "fleet",
    balanced: true,
    nodes: nodes([
      ["cp1", ...stacked],
      ["cp2", ...stacked],
      ["cp3", ...stacked],
      ["w1", "worker"],
    ]),
  },
  // The fewest nodes with a stacked move and peers everywhere: what a hundred rotations of stubs are played on (stubs.ts).
  stubs: {
    installer: "hardway",
    balanced: true,
    nodes: nodes([
      ["cp1", ...stacked],
      ["cp2", ...stacked],
      ["w1", "worker"],
    ]),
  },
} as const satisfies Record<string, Omit<Topology, "name">>;

export type TopologyName = keyof typeof rows;

export const topologyNames = Object.keys(rows) as TopologyName[];

/** Nodes as the topology `stubs` has them, as many as asked for: three stacked control planes, the rest workers. */
export function stubNodes(count: number): NodeSpec[] {
  if (!Number.isInteger(count) || count < 4 || count > maxNodes)
    throw new Error(`nodes: ${String(count)}; must be a whole number from 4 to ${String(maxNodes)}`);
  const names = (prefix: string, many: number) => Array.from({ length: many }, (_, at) => `${prefix}${String(at + 1)}`);
  return nodes([
    ...names("cp", 3).map((name) => [name, ...stacked] as const),
    ...names("w", count - 3).map((name) => [name, "worker"] as const),
  ]);
}

/** The topology of that name; throws a sentence with the names there are. */
export function topology(name: string): Topology {
  const known = topologyNames.find((each) => each === name);
  if (known === undefined) throw new Error(`topology: ${name} is not known, give one of ${topologyNames.join(", ")}`);
  return { name: known, ...rows[known] };
}

/** host:port of the API as clients of the cluster reach it. */
export function endpoint(of: Topology): string {
  const host = of.balanced ? labNetwork.address : withRole(of.nodes, "control-plane")[0]?.address;
  if (host === undefined) throw new Error(`topology: ${of.name} has no control plane`);
  return hostPort(host, labNetwork.apiPort);
}

export function withRole(among: readonly NodeSpec[], role: Role): NodeSpec[] {
  return among.filter((node) => node.roles.includes(role));
}

/** The lowest address that no node of the lab has. */
export function freeAddress(among: readonly NodeSpec[]): string {
  const taken = new Set(among.map((node) => node.address));
  const v6 = among.some((node) => isV6(node.address));
  for (let index = 0; index < maxNodes; index++) {
    if (!taken.has(address(index, v6))) return address(index, v6);
  }
  throw new Error("addNode: all addresses of the lab are taken, remove a node first");
}

const namePattern = /^[a-z][a-z0-9-]{0,19}$/;

/** Lab and node names end up in paths, interface and host names. */
export function checkName(field: string, name: string): void {
  if (!namePattern.test(name)) {
    throw new Error(
      `${field}: ${JSON.stringify(name)} is not allowed, use a-z, 0-9 and -, at most 20, starting with a letter`,
    );
  }
}

/** Node names: `v-<name>` is an interface name, of which the kernel allows 15 characters. */
export function checkNodeName(name: string): void {
  checkName("node name", name);
  if (name.length > 13) throw new Error(`node name: ${name} is longer than 13 characters, use a shorter one`);
}
