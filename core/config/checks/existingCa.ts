/** Checks of the cluster's existing CAs and keys. Messages never show a key. */
import type { KeyObject } from "node:crypto";
import { createPrivateKey, X509Certificate } from "node:crypto";
import type { San } from "../../format/addresses";
import { pemBlocks } from "../../format/pem";
import { missing, mustBe } from "../../format/problem";
import { isStandIn } from "../../format/standIn";
import { parsedCertificate, subjectText, momentText } from "../../format/x509";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { Sections } from "../../schema/sections";
import { unusable } from "../../certificates/unusable";

const ADOPTION =
  "give the CA's private key as a secret, or leave this out and give the CA's fingerprint under `adopt`: the stack then " +
  "creates a CA of its own and retires this one";

const unreadableKey = (at: string): string =>
  mustBe(at, "not readable (not shown)", "a private key in PEM without a passphrase");

const parsedKey = (pem: string): KeyObject | undefined => {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
};

/** What must hold of a CA's certificate whether it signs or not. */
function certificateProblems(at: string, pem: string, certificate: X509Certificate): string[] {
  const problems: string[] = [];
  const subject = subjectText(certificate);
  const count = pemBlocks(pem).length;
  // kube-controller-manager signs with exactly one certificate; a bundle in ca.crt breaks it.
  if (count > 1) problems.push(mustBe(at, `${String(count)} certificates`, "exactly one, the CA that signs"));
  if (!certificate.ca)
    problems.push(mustBe(at, `${subject} is not a CA certificate`, "one with basicConstraints CA:TRUE"));
  return problems;
}

function timeProblems(at: string, certificate: X509Certificate, now: Date): string[] {
  const problems: string[] = [];
  const subject = subjectText(certificate);
  const begins = new Date(certificate.validFrom);
  const ends = new Date(certificate.validTo);
  if (ends <= now) problems.push(mustBe(at, `${subject} expired ${momentText(ends)}`, "a CA that is valid now"));
  if (begins > now)
    problems.push(mustBe(at, `${subject} is not valid before ${momentText(begins)}`, "a CA that is valid now"));
  return problems;
}

/** A CA that is given: which one, whether it signs now, and for which names. */
export interface GivenCa {
  readonly authority: AuthorityName;
  readonly signs: boolean;
  readonly sans: () => readonly San[];
  readonly now: Date;
}

/** A CA that was replaced by a rotation may have expired, or be one that a newer Go no longer takes; one that signs must not. */
export const caCertificateProblems = (
  at: string,
  pem: string,
  { authority, signs, sans, now }: GivenCa,
): { readonly certificate: X509Certificate | undefined; readonly problems: string[] } => {
  const certificate = parsedCertificate(pem);
  if (certificate === undefined)
    return { certificate, problems: [mustBe(at, "not readable", "a CA certificate in PEM")] };
  const problems = certificateProblems(at, pem, certificate);
  if (signs && problems.length === 0) problems.push(...unusable("ca", at, { certificate, authority, sans }));
  if (signs) problems.push(...timeProblems(at, certificate, now));
  return { certificate, problems };
};

type ExistingCaSection = NonNullable<Sections["authority"][AuthorityName]>;

function caProblems(at: string, { certificate: pem, key }: ExistingCaSection, ca: GivenCa): string[] {
  if (pem === undefined && key === undefined)
    return [mustBe(at, "empty", "the certificate and the key", "leave it out if the cluster has no CA yet")];
  if (pem !== undefined && isStandIn(pem)) return key === undefined ? [missing(`${at}.key`, ADOPTION)] : [];
  const { certificate, problems } =
    pem === undefined
      ? { problems: [missing(`${at}.certificate`, "give the CA's certificate beside its key")] }
      : caCertificateProblems(`${at}.certificate`, pem, ca);
  if (key === undefined) return [...problems, missing(`${at}.key`, ADOPTION)];
  if (isStandIn(key)) return problems;
  const parsed = parsedKey(key);
  if (parsed === undefined) return [...problems, unreadableKey(`${at}.key`)];
  if (certificate !== undefined && !certificate.checkPrivateKey(parsed))
    return [
      ...problems,
      mustBe(`${at}.key`, `not the key of ${subjectText(certificate)}`, "the private key of that certificate"),
    ];
  // that of a certificate that is not taken is not taken either
  return problems.length > 0 || !ca.signs ? problems : unusable("caKey", `${at}.key`, parsed);
}

const tokenKeyProblems = (at: string, key: string): string[] => {
  if (isStandIn(key)) return [];
  const parsed = parsedKey(key);
  return parsed === undefined ? [unreadableKey(at)] : unusable("tokenKey", at, parsed);
};

export function authorityProblems(
  authority: Sections["authority"],
  givenCa: (name: AuthorityName) => GivenCa,
): string[] {
  const problems = AUTHORITIES.flatMap((name) => {
    const given = authority[name];
    return given === undefined ? [] : caProblems(`authority.${name}`, given, givenCa(name));
  });
  const tokenKey = authority.serviceAccount?.key;
  return tokenKey === undefined
    ? problems
    : [...problems, ...tokenKeyProblems("authority.serviceAccount.key", tokenKey)];
}
