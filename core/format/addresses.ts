/** How addresses, networks, hosts with ports and subject alternative names are written and taken apart. */
import { isIP } from "node:net";
import { isDnsName } from "./dnsNames";
import { isStandIn } from "./standIn";

export const isIp = (text: string): boolean => isIP(text) !== 0;

/** `10.0.0.1:6443` or `[fd00::1]:6443`. */
export const hostPort = (host: string, port: number): string =>
  isIP(host) === 6 ? `[${host}]:${String(port)}` : `${host}:${String(port)}`;

/** The host of `host:port`, without the brackets of an IPv6 address. */
export const hostOf = (endpoint: string): string =>
  endpoint.slice(0, endpoint.lastIndexOf(":")).replace(/^\[|\]$/g, "");

/** The address in its one canonical spelling (IPv6 compressed, lower case), undefined when it is none. */
export function canonicalIp(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  // A zone ("fe80::1%eth0") means something on one machine only, so it can be no node's address.
  if (family !== 6 || text.includes("%")) return undefined;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** An address as a number, with its width in bits. */
export function ipNumber(ip: string): { value: bigint; bits: 32 | 128 } {
  if (isIP(ip) === 4) {
    const value = ip.split(".").reduce((sum, octet) => sum * 256n + BigInt(octet), 0n);
    return { value, bits: 32 };
  }
  const [head = "", tail] = (canonicalIp(ip) ?? "").split("::");
  const groups = (text: string): string[] => (text === "" ? [] : text.split(":"));
  const front = groups(head);
  const back = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  const value = [...front, ...zeros, ...back].reduce((sum, group) => sum * 65_536n + BigInt(`0x${group}`), 0n);
  return { value, bits: 128 };
}

/** The inverse of `ipNumber`. */
export function ipText(value: bigint, bits: 32 | 128): string {
  const [count, width] = bits === 32 ? [4, 8n] : [8, 16n];
  const groups = Array.from(
    { length: count },
    (_, index) => (value >> (BigInt(count - 1 - index) * width)) & ((1n << width) - 1n),
  );
  if (bits === 32) return groups.join(".");
  const text = groups.map((group) => group.toString(16)).join(":");
  return canonicalIp(text) ?? text;
}

export interface Cidr {
  /** First address of the network. */
  base: bigint;
  bits: 32 | 128;
  prefix: number;
}

/** Reads "10.96.0.0/12" or "fd00::/108"; bits after the prefix are cut off. Undefined when it is none. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text);
  const ip = canonicalIp(match?.[1] ?? "");
  if (ip === undefined) return undefined;
  const { value, bits } = ipNumber(ip);
  const prefix = Number(match?.[2]);
  if (prefix > bits) return undefined;
  const hostBits = BigInt(bits - prefix);
  return { base: (value >> hostBits) << hostBits, bits, prefix };
}

export function cidrText(cidr: Cidr): string {
  return `${ipText(cidr.base, cidr.bits)}/${String(cidr.prefix)}`;
}

/** True for an address of the network. */
export const isWithin = (ip: string, cidr: string): boolean => {
  const network = parseCidr(cidr);
  const own = network === undefined ? undefined : parseCidr(`${ip}/${String(network.prefix)}`);
  return own !== undefined && own.bits === network?.bits && own.base === network.base;
};

/** Addresses that are no host's in a network (https://www.iana.org/assignments/iana-ipv4-special-registry, -ipv6-). */
const SPECIAL = {
  unspecified: ["0.0.0.0/8", "::/128"],
  loopback: ["127.0.0.0/8", "::1/128"],
  "link-local": ["169.254.0.0/16", "fe80::/10"],
  multicast: ["224.0.0.0/4", "ff00::/8"],
  broadcast: ["255.255.255.255/32"],
  "IPv4-mapped": ["::ffff:0:0/96"],
} as const;

export type SpecialAddress = keyof typeof SPECIAL;

/** Undefined: one that a host may have. */
export const specialAddress = (ip: string): SpecialAddress | undefined =>
  (Object.keys(SPECIAL) as SpecialAddress[]).find((kind) => SPECIAL[kind].some((cidr) => isWithin(ip, cidr)));

/** kube-apiserver takes no smaller one (pkg/controlplane/services.go). */
const LEAST_SERVICES_BITS = 3;

/** Why no cluster can have its services there, where the text is a network. */
const serviceCidrFault = (network: Cidr): string | undefined => {
  const { base, bits, prefix } = network;
  const kind = specialAddress(ipText(base, bits));
  if (kind !== undefined && prefix > 0) return `it has ${kind} addresses, which no service can have`;
  const most = bits - LEAST_SERVICES_BITS;
  return prefix > most ? `the API server needs at least 8 addresses, /${String(most)} or a lower number` : undefined;
};

/** In its one spelling; undefined when it is no network, or none that services can be in. */
export const canonicalServiceCidr = (text: string): string | undefined => {
  const network = parseCidr(text);
  const address = canonicalIp(text.split("/")[0] ?? "");
  if (network === undefined || address === undefined || serviceCidrFault(network) !== undefined) return undefined;
  const canonical = cidrText(network);
  return canonical.startsWith(`${address}/`) ? canonical : undefined;
};

/** What is wrong with it beside its spelling, where that can be told. */
export const serviceCidrTodo = (text: string): string | undefined => {
  const network = parseCidr(text);
  return network && serviceCidrFault(network);
};

/** A SAN entry as the protocol wants it: canonical IP or lower-case DNS name, first label may be "*". */
export function canonicalSan(text: string): string | undefined {
  const ip = canonicalIp(text);
  // in a certificate such an address is the IPv4 one, which is what to write
  if (ip !== undefined) return specialAddress(ip) === "IPv4-mapped" ? undefined : ip;
  const name = text.toLowerCase();
  // "10.0.0.300" would pass as a DNS name; a name whose last label is a number is a mistyped address.
  if (/(?:^|\.)\d+$/.test(name)) return undefined;
  return isDnsName(name.replace(/^\*\./, "")) ? name : undefined;
}

/** "host", "host:port", "[v6]:port" or a bare IPv6 address as "host:port" with the default port added. */
export function canonicalEndpoint(text: string, defaultPort: number): string | undefined {
  const bare = canonicalIp(text);
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::([1-9]\d{0,4}))?$/.exec(text);
  const port = match?.[3] ?? String(defaultPort);
  if (Number(port) > 65_535) return undefined;
  const given = bare ?? match?.[1] ?? match?.[2] ?? "";
  const host = canonicalSan(given);
  if (host === undefined || host.startsWith("*")) return undefined;
  const isV6 = isIP(host) === 6;
  if (match?.[1] !== undefined && !isV6) return undefined;
  return isV6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What goes into every kubeconfig must lead somewhere; a proxy on localhost does. */
const NOWHERE: readonly (SpecialAddress | undefined)[] = ["unspecified", "multicast", "broadcast"];

/** `fd00::10:6443`: an address by the rules, a port by the intention. */
const WITH_BARE_PORT = /^([0-9a-f:]+):(443|[1-9]\d{3})$/i;

/** As `canonicalEndpoint`, of what clients can connect to. */
export const reachableEndpoint = (text: string, defaultPort: number): string | undefined => {
  const endpoint = canonicalEndpoint(text, defaultPort);
  if (endpoint === undefined || (canonicalIp(text) !== undefined && WITH_BARE_PORT.test(text))) return undefined;
  return NOWHERE.includes(specialAddress(hostOf(endpoint))) ? undefined : endpoint;
};

/** What to do about an endpoint that is not reachable, where that can be told. */
export const endpointTodo = (text: string): string | undefined => {
  const [, host = "", port = ""] = canonicalIp(text) === undefined ? [] : (WITH_BARE_PORT.exec(text) ?? []);
  if (port !== "") {
    const whole = isIP(host) === 6 ? `[${host}]:${port} or ` : "";
    return `it may be an address or end in a port, so write ${whole}[${text}]:6443`;
  }
  if (/:0+$/.test(text)) return "the port must be from 1 to 65535";
  const special = specialAddress(text.replace(/:\d+$/, "").replace(/^\[|\]$/g, ""));
  return special === undefined ? undefined : `it is ${anAddress(special)}, to which nobody can connect`;
};

/** `a loopback address`. */
export const anAddress = (kind: SpecialAddress): string => `${/^[uI]/.test(kind) ? "an" : "a"} ${kind} address`;

/** A subject alternative name as the node protocol writes it: `DNS:name` or `IP:address`. */
export type San = `DNS:${string}` | `IP:${string}`;

/** An address is the one name that may not be known yet. */
export const sanOf = (name: string): San => (isIp(name) || isStandIn(name) ? `IP:${name}` : `DNS:${name}`);
