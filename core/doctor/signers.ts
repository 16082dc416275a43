/** Who has signed what, as the signatures themselves say. */
import { createPublicKey, X509Certificate } from "node:crypto";
import { elements, oidText } from "../format/der";
import { inside } from "../format/extensions";
import type { CertificateFacts } from "../survey/model";

const parsed = new WeakMap<CertificateFacts, X509Certificate>();

const x509 = (facts: CertificateFacts): X509Certificate => {
  const known = parsed.get(facts) ?? new X509Certificate(facts.pem);
  parsed.set(facts, known);
  return known;
};

/** Where node:crypto cannot read one of them, what they say of their keys decides. */
const verified = (leaf: CertificateFacts, ca: CertificateFacts): boolean => {
  try {
    return x509(leaf).verify(createPublicKey(ca.pem));
  } catch {
    return [leaf.authorityKeyId, ca.keyId].includes("") || leaf.authorityKeyId === ca.keyId;
  }
};

const verdicts = new WeakMap<CertificateFacts, Map<string, boolean>>();

export function isSignedBy(leaf: CertificateFacts, ca: CertificateFacts): boolean {
  if (leaf.issuer !== ca.subject) return false;
  const known = verdicts.get(leaf) ?? new Map<string, boolean>();
  verdicts.set(leaf, known);
  const verdict = known.get(ca.fingerprint) ?? verified(leaf, ca);
  known.set(ca.fingerprint, verdict);
  return verdict;
}

export const isSelfSigned = (certificate: CertificateFacts): boolean => isSignedBy(certificate, certificate);

/**
 * Whether a chain, leaf first, leads to one of these, as Go's verifier sees it: what is trusted need not be self-signed, and
 * dates are another question.
 */
export function leadsTo(chain: readonly CertificateFacts[], trusted: readonly CertificateFacts[]): boolean {
  const [leaf, ...rest] = chain;
  if (leaf === undefined) return false;
  if (trusted.some((ca) => ca.fingerprint === leaf.fingerprint || isSignedBy(leaf, ca))) return true;
  return rest.some(
    (next) => next.isCa && isSignedBy(leaf, next) && leadsTo([next, ...rest.filter((each) => each !== next)], trusted),
  );
}

/** Signature algorithms that Go's verifier refuses (crypto/x509 InsecureAlgorithmError). */
const INSECURE: Readonly<Record<string, string>> = {
  "1.2.840.113549.1.1.2": "MD2",
  "1.2.840.113549.1.1.4": "MD5",
  "1.2.840.113549.1.1.5": "SHA-1",
  "1.2.840.10040.4.3": "SHA-1",
  "1.2.840.10045.4.1": "SHA-1",
};

/** The digest that makes its signature worthless; a root's own signature counts for nothing and is not looked at. */
export function insecureDigest(certificate: CertificateFacts): string | undefined {
  if (isSelfSigned(certificate)) return undefined;
  try {
    const [outer] = elements(x509(certificate).raw);
    const algorithm = inside(outer)[1];
    return INSECURE[oidText(inside(algorithm)[0]?.body ?? Buffer.alloc(0))];
  } catch {
    return undefined;
  }
}
