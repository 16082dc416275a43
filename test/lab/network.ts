import { existsSync, readdirSync } from "node:fs";
import { isV6, labNetwork, labNetwork6, networkOf, podSubnet, type NodeSpec } from "./topology";
import { failure, must, run } from "./process";

/**
 * One network namespace per lab holds a bridge with the lab's address and has no way out; each node has its own,
 * joined by a veth pair. Nothing is added to the host's own namespace.
 */
const prefix = "kube-pki.";

export function labNamespace(lab: string): string {
  return `${prefix}${lab}`;
}

export function nodeNamespace(lab: string, node: string): string {
  return `${prefix}${lab}.${node}`;
}

export function namespacePath(namespace: string): string {
  return `/run/netns/${namespace}`;
}

/** The command prefix that runs something inside a namespace; unlike `ip netns exec` it leaves /sys as it is. */
export function inNamespace(namespace: string, argv: readonly string[]): string[] {
  return ["nsenter", `--net=${namespacePath(namespace)}`, "--", ...argv];
}

const labScript = `
ip netns add "$1"
ip -n "$1" link set lo up
ip -n "$1" link add br0 type bridge
ip -n "$1" addr add "$2" dev br0
ip -n "$1" addr add "$3" dev br0 nodad
ip -n "$1" link set br0 up
nsenter --net="/run/netns/$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
`;

export async function createLabNetwork(lab: string): Promise<void> {
  const cidrs = [labNetwork, labNetwork6].map(({ address, prefixLength }) => `${address}/${String(prefixLength)}`);
  await must(["sh", "-euc", labScript, "sh", labNamespace(lab), ...cidrs], { what: "network of the lab" });
}

const nodeScript = `
ip netns add "$2"
ip -n "$1" link add "v-$3" type veth peer name eth0 address "$8" netns "$2"
ip -n "$1" link set "v-$3" master br0 up
ip -n "$1" route replace "$6" via "$4"
ip -n "$2" link set lo up
ip -n "$2" addr add "$4/$5" dev eth0 $9
ip -n "$2" link set eth0 up
ip -n "$2" route add default via "$7"
nsenter --net="/run/netns/$2" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
`;

/** Of the IP address: a replaced node is reached at once, without waiting for its peers to forget the old one's. */
function hardwareAddress(address: string): string {
  if (isV6(address)) return `02:00:fd:77:00:${address.replace(/^.*:/, "").padStart(2, "0")}`;
  const bytes = address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"));
  return ["02", "00", ...bytes].join(":");
}

/** The node's interface and address, and the way to its pods: all nodes send what they do not know to the lab's address. */
export async function createNodeNetwork(lab: string, node: NodeSpec): Promise<void> {
  const args = [
    labNamespace(lab),
    nodeNamespace(lab, node.name),
    node.name,
    node.address,
    String(networkOf(node.address).prefixLength),
    podSubnet(node.address),
    networkOf(node.address).address,
    hardwareAddress(node.address),
    isV6(node.address) ? "nodad" : "",
  ];
  await must(["sh", "-euc", nodeScript, "sh", ...args], { what: `network of ${node.name}` });
}

/** Removes a node's namespace with its interface; the veth goes first because a namespace goes away later than its name. */
export async function removeNodeNetwork(lab: string, node: string): Promise<void> {
  const script = `ip -n "$1" link del "v-$3" 2>/dev/null || true; ip netns del "$2" 2>/dev/null || true`;
  await must(["sh", "-euc", script, "sh", labNamespace(lab), nodeNamespace(lab, node), node]);
}

/** The namespaces of a lab that are there now. */
export function namespacesOf(lab: string): string[] {
  if (!existsSync("/run/netns")) return [];
  return readdirSync("/run/netns").filter(
    (each) => each === labNamespace(lab) || each.startsWith(`${labNamespace(lab)}.`),
  );
}

/** Removes every namespace of a lab. */
export async function removeNetworks(lab: string): Promise<void> {
  for (const namespace of namespacesOf(lab)) {
    const argv = ["ip", "netns", "del", namespace];
    const result = await run(argv);
    // two labs that start at once clear the same abandoned one: gone is gone
    if (result.code !== 0 && namespacesOf(lab).includes(namespace)) throw new Error(failure(argv.join(" "), result));
  }
}
