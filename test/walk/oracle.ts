/** What has to hold among the files of all nodes: at any moment, and where a phase is reached. */
import { createHash, createPrivateKey, createPublicKey, type X509Certificate } from "node:crypto";
import { issuerOf, trustedOf } from "../../core/authorities/rotation";
import type { RotationState } from "../../core/model/phases";
import type { Files, Leaf } from "./files";
import { stateText } from "./world";

const nameOf = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? "";
/** By its name (core/authorities/names.ts); CAs that were there before the stack are its first generation. */
const generationOf = (subject: string): number => Number(/-g(\d+)$/.exec(nameOf(subject))?.[1] ?? 1);

const fits = (certificate: X509Certificate, key: string): boolean => {
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
};
const isSigned = (leaf: X509Certificate, by: readonly X509Certificate[]): boolean =>
  by.some((ca) => leaf.checkIssued(ca) && leaf.verify(ca.publicKey));

const sumOf = (key: string): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");
const publicKeysIn = (text: string): string[] =>
  text.match(/-----BEGIN PUBLIC KEY-----[^]*?-----END PUBLIC KEY-----/g) ?? [];

const leafTroubles = (leaf: Leaf, now: Date): string[] => [
  ...(fits(leaf.certificate, leaf.key) ? [] : [`${leaf.where}: certificate and key do not fit`]),
  ...(new Date(leaf.certificate.validTo) > now ? [] : [`${leaf.where}: has ended`]),
];

/** Every leaf is accepted by everybody who may be shown it, every signer's certificate too, and every token. */
const notAccepted = (all: readonly Files[]): string[] => {
  const found: string[] = [];
  const trusts = all.flatMap((files) => files.trusts);
  for (const { where, authority, certificate } of all.flatMap(({ leaves }) => leaves))
    for (const trust of trusts)
      if (trust.authority === authority && !isSigned(certificate, trust.cas))
        found.push(`${where}, of ${nameOf(certificate.issuer)}, is not accepted by ${trust.where}`);
  for (const signer of all.flatMap(({ signers }) => signers))
    for (const ca of signer.certificates.filter((each) => fits(each, signer.key)))
      for (const trust of trusts)
        if (trust.authority === signer.authority && !trust.cas.some(({ raw }) => raw.equals(ca.raw)))
          found.push(`what ${signer.where} signs is not accepted by ${trust.where}`);
  const tokens = all.flatMap((files) => files.tokens);
  for (const { where, text } of tokens.filter(({ half }) => half === "private"))
    for (const keys of tokens.filter(({ half }) => half === "public"))
      if (!publicKeysIn(keys.text).map(sumOf).includes(sumOf(text)))
        found.push(`tokens of ${where} are not accepted by ${keys.where}`);
  return found;
};

/** What is broken, whatever was done. */
export const broken = (all: readonly Files[], now: Date): string[] => [
  ...all.flatMap(({ node, unreadable, leaves, signers }) => [
    ...unreadable.map((where) => `${where}: no certificate`),
    ...leaves.flatMap((leaf) => leafTroubles(leaf, now)),
    ...signers
      .filter(({ certificates, key }) => !certificates.some((each) => fits(each, key)))
      .map(({ where }) => `${node}: ${where}: no certificate beside it is its own`),
  ]),
  ...notAccepted(all),
];

const sorted = (numbers: Iterable<number>): number[] => [...new Set(numbers)].sort((one, other) => one - other);

/** What is of a generation that none of these states has. */
export const notOf = (all: readonly Files[], states: readonly RotationState[]): string[] => {
  const [trusted, issuers] = [sorted(states.flatMap(trustedOf)), sorted(states.map(issuerOf))];
  const trusts = all
    .flatMap((files) => files.trusts)
    .flatMap(({ where, cas }) => cas.map(({ subject }) => ({ where, generation: generationOf(subject) })))
    .filter(({ generation }) => !trusted.includes(generation))
    .map(({ where, generation }) => `${where} trusts generation ${String(generation)}`);
  const leaves = all
    .flatMap((files) => files.leaves)
    .map(({ where, certificate }) => ({ where, generation: generationOf(certificate.issuer) }))
    .filter(({ generation }) => !issuers.includes(generation))
    .map(({ where, generation }) => `${where} is of generation ${String(generation)}`);
  return [...trusts, ...leaves].map((each) => `${each}, in ${states.map(stateText).join(" or ")}`);
};

/** What differs from a state that every node has reached: who is trusted, nothing twice, and that all files are there. */
export const notAt = (all: readonly Files[], state: RotationState): string[] => {
  const wanted = sorted(trustedOf(state).filter((generation) => generation > 0));
  const found = all.flatMap(({ node, missing }) => missing.map((path) => `${node}: ${path} is missing`));
  for (const { where, cas } of all.flatMap(({ trusts }) => trusts)) {
    const has = cas.map(({ subject }) => generationOf(subject));
    if (has.length !== wanted.length || sorted(has).join() !== wanted.join())
      found.push(`${where} trusts ${has.join(", ")}, in ${stateText(state)}`);
  }
  for (const { where, half, text } of all.flatMap(({ tokens }) => tokens))
    if (half === "public" && publicKeysIn(text).length !== wanted.length)
      found.push(`${where} has ${String(publicKeysIn(text).length)} keys, in ${stateText(state)}`);
  return [...found, ...notOf(all, [state])];
};
