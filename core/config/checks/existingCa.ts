/** Checks of the cluster's existing CAs and keys. Messages never show a key. */
import type { KeyObject } from "node:crypto";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { pemBlocks } from "../../format/pem";
import { missing, mustBe } from "../../format/problem";
import { isStandIn } from "../../format/standIn";
import { parsedCertificate, subjectText, momentText } from "../../format/x509";
import { AUTHORITIES, type AuthorityName } from "../../model/authorities";
import type { Sections } from "../../schema/sections";

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
export function certificateProblems(at: string, pem: string, certificate: X509Certificate): string[] {
  const problems: string[] = [];
  const subject = subjectText(certificate);
  const count = pemBlocks(pem).length;
  // kube-controller-manager signs with exactly one certificate; a bundle in ca.crt breaks it.
  if (count > 1) problems.push(mustBe(at, `${String(count)} certificates`, "exactly one, the CA that signs"));
  if (!certificate.ca)
    problems.push(mustBe(at, `${subject} is not a CA certificate`, "one with basicConstraints CA:TRUE"));
  return problems;
}

/** A CA that was replaced by a rotation may expire; one that signs must be valid. */
export function timeProblems(at: string, certificate: X509Certificate, now: Date): string[] {
  const problems: string[] = [];
  const subject = subjectText(certificate);
  const begins = new Date(certificate.validFrom);
  const ends = new Date(certificate.validTo);
  if (ends <= now) problems.push(mustBe(at, `${subject} expired ${momentText(ends)}`, "a CA that is valid now"));
  if (begins > now)
    problems.push(mustBe(at, `${subject} is not valid before ${momentText(begins)}`, "a CA that is valid now"));
  return problems;
}

type ExistingCaSection = NonNullable<Sections["authority"][AuthorityName]>;

function caProblems(at: string, { certificate: pem, key }: ExistingCaSection, signs: boolean, now: Date): string[] {
  if (pem === undefined && key === undefined)
    return [mustBe(at, "empty", "the certificate and the key", "leave it out if the cluster has no CA yet")];
  const problems: string[] = [];
  const awaitsPem = pem !== undefined && isStandIn(pem);
  const certificate = pem === undefined || awaitsPem ? undefined : parsedCertificate(pem);
  if (awaitsPem) return key === undefined ? [missing(`${at}.key`, ADOPTION)] : [];
  if (pem === undefined) problems.push(missing(`${at}.certificate`, "give the CA's certificate beside its key"));
  else if (certificate === undefined)
    problems.push(mustBe(`${at}.certificate`, "not readable", "a CA certificate in PEM"));
  else {
    problems.push(...certificateProblems(`${at}.certificate`, pem, certificate));
    if (signs) problems.push(...timeProblems(`${at}.certificate`, certificate, now));
  }
  if (key === undefined) return [...problems, missing(`${at}.key`, ADOPTION)];
  if (isStandIn(key)) return problems;
  const parsed = parsedKey(key);
  if (parsed === undefined) return [...problems, unreadableKey(`${at}.key`)];
  if (certificate !== undefined && !certificate.checkPrivateKey(parsed)) {
    problems.push(
      mustBe(`${at}.key`, `not the key of ${subjectText(certificate)}`, "the private key of that certificate"),
    );
  }
  return problems;
}

export function authorityProblems(
  authority: Sections["authority"],
  issuers: readonly AuthorityName[],
  now: Date,
): string[] {
  const problems = AUTHORITIES.flatMap((name) => {
    const given = authority[name];
    return given === undefined ? [] : caProblems(`authority.${name}`, given, issuers.includes(name), now);
  });
  const tokenKey = authority.serviceAccount?.key;
  if (tokenKey !== undefined && !isStandIn(tokenKey) && parsedKey(tokenKey) === undefined) {
    problems.push(unreadableKey("authority.serviceAccount.key"));
  }
  return problems;
}
