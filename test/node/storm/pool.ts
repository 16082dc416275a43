/** Certificates of the storm: each is made once, when it is first asked for. */
import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { authority, leaf, publicKey, type Pair } from "../pki";

/** This cluster's, its etcd's, and two that are none of this cluster's. */
export const CA_NAMES = ["k1", "k2", "e1", "e2", "f1", "f2"] as const;
export type CaName = (typeof CA_NAMES)[number];
export type Generation = "1" | "2";

const CAS = new Map<string, Pair>(CA_NAMES.map((name) => [name, authority()]));
export const ca = (name: CaName): Pair => {
  const found = CAS.get(name);
  if (found === undefined) throw new Error(`no CA ${name}`);
  return found;
};

export const pem = (names: readonly CaName[]): string => names.map((name) => ca(name).cert).join("");

/** Public keys of service account tokens: two of this cluster's, a foreign one. */
export const TOKEN_KEYS: readonly string[] = [publicKey(), publicKey(), publicKey()];
export const tokenKeys = (generations: readonly Generation[]): string =>
  generations.map((generation) => TOKEN_KEYS[Number(generation) - 1] ?? "").join("");

/** Who signs each certificate of the layout. */
export const PROFILES = { web: "k", store: "e", admin: "k", kubelet: "k" } as const;
export type Profile = keyof typeof PROFILES;
export const PROFILE_NAMES = Object.keys(PROFILES) as Profile[];

export const signerOf = (profile: Profile, generation: Generation): CaName => `${PROFILES[profile]}${generation}`;

/** What a certificate in place may be like besides a good one. */
export type Variant = "good" | "ended" | "named";
const OPTIONS = {
  good: {},
  ended: { days: -1 },
  named: { names: "IP:127.0.0.1,DNS:old.example.com" },
} as const;

const leafs = new Map<string, Pair>();

/** @param count - which of several alike */
export const leafOf = (profile: Profile, signer: CaName, count: number, variant: Variant = "good"): Pair => {
  const name = [profile, signer, count, variant].join(" ");
  const made = leafs.get(name) ?? leaf(ca(signer), profile, OPTIONS[variant]);
  leafs.set(name, made);
  return made;
};

/** PEM blocks as servers in Go take them: BEGIN and END on lines of their own. */
export const blocksIn = (text: string): string[] =>
  [...text.matchAll(/^-----BEGIN ([A-Z ]+)-----[ \t]*\r?$([^-]*)^-----END \1-----[ \t]*\r?$/gm)].map(
    ([, label = "", body = ""]) => `${label} ${body.replace(/\s/g, "")}`,
  );

export const certificatesIn = (text: string): string[] =>
  blocksIn(text).filter((block) => block.startsWith("CERTIFICATE "));

const NAME_OF = new Map(
  CA_NAMES.flatMap((name) => certificatesIn(ca(name).cert).map((block) => [block, name] as const)),
);

/** Whose clients a file lets in, or whose servers it trusts. */
export const casIn = (text: string): CaName[] => certificatesIn(text).flatMap((block) => NAME_OF.get(block) ?? []);

const memo = new Map<string, boolean>();
const once = (key: string, decide: () => boolean): boolean => {
  const known = memo.get(key);
  if (known !== undefined) return known;
  let is = false;
  try {
    is = decide();
  } catch {
    // neither a certificate nor a key
  }
  memo.set(key, is);
  return is;
};

/** The first certificate in one text belongs to the first key in the other. */
export const fits = (cert: string, key: string): boolean =>
  once(`${cert}\0${key}`, () => {
    const of = createPublicKey(createPrivateKey(key)).export({ type: "spki", format: "der" });
    return new X509Certificate(cert).publicKey.export({ type: "spki", format: "der" }).equals(of);
  });

/** One of these CAs has signed the first certificate in the text. */
export const isSignedByOne = (cert: string, names: readonly CaName[]): boolean =>
  names.some((name) =>
    once(`${name}\0${cert}`, () => new X509Certificate(cert).verify(new X509Certificate(ca(name).cert).publicKey)),
  );
