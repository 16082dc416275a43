/** Certificates and keys of PEM texts as facts. */
import { createHash, createPublicKey, type KeyObject, type X509Certificate } from "node:crypto";
import { canonicalIp } from "../format/addresses";
import { elements } from "../format/der";
import { extensionsOf, inside } from "../format/extensions";
import { momentText, nameText, parsedCertificate, plainSerial } from "../format/x509";
import type { CertificateFacts } from "./model";

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----/g;

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

/** Each certificate that can be read, in order. */
export const certificatesIn = (text: string): CertificateFacts[] =>
  [...text.matchAll(BLOCK)].flatMap(([block, label = ""]) => {
    if (!label.endsWith("CERTIFICATE")) return [];
    const certificate = parsedCertificate(block.replaceAll(/^[ \t]+/gm, ""));
    return certificate === undefined ? [] : [factsOf(certificate)];
  });

/** The digest of each public key in a text (`SubjectPublicKeyInfo`). */
export const publicKeysIn = (text: string): string[] =>
  [...text.matchAll(BLOCK)].flatMap(([block, label = ""]) => {
    if (!label.endsWith("PUBLIC KEY")) return [];
    try {
      return [keyDigest(createPublicKey(block))];
    } catch {
      return [];
    }
  });

const keyDigest = (key: KeyObject): string => sha256(key.export({ type: "spki", format: "der" }));

const factsOf = (certificate: X509Certificate): CertificateFacts => ({
  subject: nameText(certificate.subject),
  issuer: nameText(certificate.issuer),
  serial: plainSerial(certificate.serialNumber),
  notBefore: momentText(new Date(certificate.validFrom)),
  notAfter: momentText(new Date(certificate.validTo)),
  sans: sansOf(certificate),
  isCa: certificate.ca,
  usages: usagesOf(certificate),
  ...identifiersOf(certificate),
  publicKey: keyDigest(certificate.publicKey),
  algorithm: algorithmOf(certificate.publicKey),
  fingerprint: sha256(certificate.raw),
  pem: certificate.toString(),
});

const sansOf = ({ subjectAltName }: X509Certificate): string[] =>
  (subjectAltName ?? "").split(", ").flatMap((entry) => {
    const [, kind = "", name = ""] = /^(DNS|IP Address|URI|email):(.*)$/.exec(entry) ?? [];
    if (kind === "IP Address") return [`IP:${canonicalIp(name) ?? name}`];
    return kind === "" ? [] : [`${kind}:${name}`];
  });

const USAGES: Readonly<Record<string, string>> = {
  "1.3.6.1.5.5.7.3.1": "serverAuth",
  "1.3.6.1.5.5.7.3.2": "clientAuth",
};

const usagesOf = ({ keyUsage }: X509Certificate): string[] =>
  ((keyUsage as readonly string[] | undefined) ?? []).map((oid) => USAGES[oid] ?? oid);

const OIDS = { subjectKey: "2.5.29.14", authorityKey: "2.5.29.35" } as const;
const KEY_IDENTIFIER = 0x80; // [0] of AuthorityKeyIdentifier (RFC 5280, 4.2.1.1)

const identifiersOf = (certificate: X509Certificate): { readonly keyId: string; readonly authorityKeyId: string } => {
  try {
    const extensions = extensionsOf(certificate);
    const valueOf = (oid: string) => extensions.find((extension) => extension.oid === oid)?.value;
    const [subject] = elements(valueOf(OIDS.subjectKey) ?? Buffer.alloc(0));
    const authority = inside(elements(valueOf(OIDS.authorityKey) ?? Buffer.alloc(0))[0]);
    return {
      keyId: subject?.body.toString("hex") ?? "",
      authorityKeyId: authority.find(({ tag }) => tag === KEY_IDENTIFIER)?.body.toString("hex") ?? "",
    };
  } catch {
    return { keyId: "", authorityKeyId: "" }; // not DER: what else there is is told all the same
  }
};

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: "ECDSA-P256",
  secp384r1: "ECDSA-P384",
  secp521r1: "ECDSA-P521",
};

const algorithmOf = ({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string => {
  const type = (asymmetricKeyType ?? "unknown").toUpperCase();
  const { modulusLength, namedCurve = "" } = asymmetricKeyDetails ?? {};
  if (modulusLength !== undefined) return `${type}-${String(modulusLength)}`;
  return CURVES[namedCurve] ?? (namedCurve === "" ? type : namedCurve);
};
