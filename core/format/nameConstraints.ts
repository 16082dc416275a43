/**
 * Name constraints of a CA (RFC 5280, 4.2.1.10) as Go's crypto/x509 applies them (constraints.go): a DNS name matches its own
 * domain and all below it, ".example.com" only what is below.
 */
import { ipNumber, type San } from "./addresses";
import { elements } from "./der";
import { inside } from "./extensions";
import { isStandIn } from "./standIn";

interface Subtrees {
  readonly dns: readonly string[];
  /** Address and mask, one after the other. */
  readonly ip: readonly Buffer[];
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Names of kinds are in it that Go does not know, directory names most of all. */
  readonly hasOthers: boolean;
}

const SIDES = { permitted: 0xa0, excluded: 0xa1 } as const;
/** GeneralName: rfc822Name, dNSName, uniformResourceIdentifier, iPAddress. */
const KINDS = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 } as const;
const KNOWN: readonly number[] = Object.values(KINDS);

export const readNameConstraints = (value: Buffer): NameConstraints => {
  const sides = inside(elements(value)[0]);
  const basesOf = (tag: number) =>
    sides
      .filter((side) => side.tag === tag)
      .flatMap((side) => inside(side).flatMap((tree) => inside(tree).slice(0, 1)));
  const subtrees = (tag: number): Subtrees => {
    const of = (kind: number) => basesOf(tag).flatMap((base) => (base.tag === kind ? [base.body] : []));
    return { dns: of(KINDS.dns).map((name) => name.toString("latin1").toLowerCase()), ip: of(KINDS.ip) };
  };
  return {
    permitted: subtrees(SIDES.permitted),
    excluded: subtrees(SIDES.excluded),
    hasOthers: Object.values(SIDES).some((tag) => basesOf(tag).some((base) => !KNOWN.includes(base.tag))),
  };
};

const isBelow = (name: string, domain: string): boolean =>
  domain === "" || name === domain || name.endsWith(domain.startsWith(".") ? domain : `.${domain}`);

/** A wildcard stands for names beside the excluded one as well as for that one. */
const couldBe = (name: string, domain: string): boolean =>
  isBelow(name, domain) || (name.startsWith("*.") && domain.replace(/^[^.]*\./, "") === name.slice(2));

const isWithin = (address: string, network: Buffer): boolean => {
  const { value, bits } = ipNumber(address);
  if (network.length * 8 !== bits * 2) return false;
  const [base, mask] = [network.subarray(0, bits / 8), network.subarray(bits / 8)].map((half) =>
    BigInt(`0x${half.toString("hex")}`),
  );
  return base !== undefined && mask !== undefined && (value & mask) === (base & mask);
};

/** The first of the names that the CA may not sign for. */
export const refusedName = ({ permitted, excluded }: NameConstraints, sans: readonly San[]): San | undefined =>
  sans.find((san) => {
    const name = san.slice(san.indexOf(":") + 1);
    if (isStandIn(name)) return false;
    if (san.startsWith("IP:"))
      return (
        (permitted.ip.length > 0 && !permitted.ip.some((network) => isWithin(name, network))) ||
        excluded.ip.some((network) => isWithin(name, network))
      );
    return (
      (permitted.dns.length > 0 && !permitted.dns.some((domain) => isBelow(name, domain))) ||
      excluded.dns.some((domain) => couldBe(name, domain))
    );
  });
