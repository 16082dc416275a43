import { isIPv4, isIPv6 } from "node:net";
import { texts, type Properties } from "../values";
import { context, decode, element, encode, readOid, sequence } from "./der";

/** Subject alternative names, in the order in which Go writes them. */
export interface Alternatives {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly Buffer[];
  readonly uris: readonly string[];
}

export const subjectAltName = "2.5.29.17";
const kinds = { dns: context(2), uri: context(6), ip: context(7) } as const;

export function alternativesFromInput(inputs: Properties): Alternatives {
  return {
    dnsNames: texts(inputs["dnsNames"]),
    ipAddresses: texts(inputs["ipAddresses"]).map(addressBytes),
    uris: texts(inputs["uris"]),
  };
}

/** From the content of the extension. */
export function alternativesFromDer(der: Buffer): Alternatives {
  const names = decode(element(decode(der), 0, "subject alternative names").content);
  const of = (kind: number): Buffer[] => names.filter((name) => name.tag === kind).map((name) => name.content);
  return {
    dnsNames: of(kinds.dns).map(String),
    ipAddresses: of(kinds.ip),
    uris: of(kinds.uri).map(String),
  };
}

export function alternativesToDer(names: Alternatives): Buffer | undefined {
  const items = [
    ...names.dnsNames.map((name) => encode(kinds.dns, Buffer.from(name))),
    ...names.ipAddresses.map((address) => encode(kinds.ip, address)),
    ...names.uris.map((uri) => encode(kinds.uri, Buffer.from(uri))),
  ];
  return items.length === 0 ? undefined : sequence(...items);
}

function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  if (!isIPv6(address) || address.includes("%")) throw new Error(`Invalid IP address: Failed to parse "${address}"`);
  const hex = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = hex.split("::");
  const groups = (part: string): string[] => (part === "" ? [] : part.split(":"));
  const [front, back] = [groups(head), groups(tail ?? "")];
  const zeros = Array.from({ length: 8 - front.length - back.length }, () => "0");
  const bytes = Buffer.from([...front, ...zeros, ...back].map((group) => group.padStart(4, "0")).join(""), "hex");
  // Go keeps an IPv4 address that is written as IPv6 in four bytes.
  return bytes.subarray(0, 12).equals(Buffer.from("00000000000000000000ffff", "hex")) ? bytes.subarray(12) : bytes;
}

export interface Extension {
  readonly id: string;
  readonly value: Buffer;
}

/** The extensions of an encoded `Extensions` sequence. */
export function readExtensions(der: Buffer): Extension[] {
  return decode(element(decode(der), 0, "extensions").content).map(({ content }) => {
    const parts = decode(content);
    const value = element(parts, parts.length - 1, "extension value");
    return { id: readOid(element(parts, 0, "extension id").content), value: value.content };
  });
}
