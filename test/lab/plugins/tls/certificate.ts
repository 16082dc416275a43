import { randomBytes, X509Certificate, type KeyObject } from "node:crypto";
import { bitString, context, decode, element, encode, integer, oid, octetString, sequence, time, yes } from "./der";
import { keyIdentifier, publicKeyInfo, signatureOf } from "./keys";
import { nameToDer, type Name } from "./name";
import { alternativesToDer, readExtensions, subjectAltName, type Alternatives } from "./names";
import { extendedUsages, keyUsages } from "./usages";

/** What a certificate shall say. */
export interface Template {
  readonly subject: Name;
  readonly alternatives: Alternatives;
  readonly publicKeyInfo: Buffer;
  readonly validityHours: number;
  readonly allowedUses: readonly string[];
  readonly isCa: boolean;
  readonly maxPathLength: number | undefined;
  readonly setSubjectKeyId: boolean;
  readonly setAuthorityKeyId: boolean;
}

export interface Issued {
  readonly der: Buffer;
  readonly serial: bigint;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** Who signs: the subject and key identifier are those of its certificate, byte for byte. */
export interface Issuer {
  readonly subject: Buffer;
  readonly keyId: Buffer | undefined;
}

const subjectKeyIdentifier = "2.5.29.14";
const authorityKeyIdentifier = "2.5.29.35";

/** The certificate that Go's x509.CreateCertificate makes of the same template. Without an issuer it is self-signed. */
export function issue(template: Template, key: KeyObject, issuer?: Issuer): Issued {
  const { isCa, subject } = template;
  if (isCa && subject.length === 0) {
    throw new Error("Must contain at least one Distinguished Name when creating Certificate Authority (CA)");
  }
  // Zero is not written: the official provider does not set the flag Go wants for it.
  const pathLength =
    template.maxPathLength !== undefined && template.maxPathLength > 0 ? template.maxPathLength : undefined;
  if (pathLength !== undefined && !isCa) throw new Error("x509: only CAs are allowed to specify MaxPathLen");

  const ownName = nameToDer(subject);
  const keyId = isCa || template.setSubjectKeyId ? keyIdentifier(template.publicKeyInfo) : undefined;
  const signer = issuer ?? { subject: ownName, keyId };
  if (template.setAuthorityKeyId && signer.keyId === undefined) {
    throw new Error("Invalid Certificate Authority: Could not determine Authority Key Identifier");
  }
  const foreign = !signer.subject.equals(ownName);
  const signerId = template.setAuthorityKeyId || foreign ? signer.keyId : undefined;
  const names = alternativesToDer(template.alternatives);

  const extensions = [
    ...usageExtensions(template.allowedUses),
    extension("2.5.29.19", true, sequence(...(isCa ? [yes] : []), ...(pathLength ? [small(pathLength)] : []))),
    ...(keyId ? [extension(subjectKeyIdentifier, false, octetString(keyId))] : []),
    ...(signerId ? [extension(authorityKeyIdentifier, false, sequence(encode(context(0), signerId)))] : []),
    // Critical when there is no subject (RFC 5280, 4.2.1.6).
    ...(names ? [extension(subjectAltName, subject.length === 0, names)] : []),
  ];

  const notBefore = new Date();
  const notAfter = new Date(notBefore.getTime() + template.validityHours * 3_600_000);
  const serialBytes = randomBytes(16);
  const { identifier, sign } = signatureOf(key);
  const body = sequence(
    encode(context(0, true), small(2)),
    integer(serialBytes),
    identifier,
    signer.subject,
    sequence(time(notBefore), time(notAfter)),
    ownName,
    template.publicKeyInfo,
    encode(context(3, true), sequence(...extensions)),
  );
  const der = sequence(body, identifier, bitString(sign(body)));
  return { der, serial: BigInt(`0x${serialBytes.toString("hex")}`), notBefore, notAfter };
}

/** What a CA's certificate gives to those it signs, once its key is seen to be the right one. */
export function issuerOf(caDer: Buffer, key: KeyObject): Issuer & { isCa: boolean } {
  const certificate = new X509Certificate(caDer);
  if (!certificate.publicKey.export({ format: "der", type: "spki" }).equals(publicKeyInfo(key))) {
    throw new Error("x509: provided PrivateKey doesn't match parent's PublicKey");
  }
  const parts = decode(
    element(decode(element(decode(caDer), 0, "certificate").content), 0, "certificate body").content,
  );
  const versioned = parts[0]?.tag === context(0, true) ? 1 : 0;
  const extensions = parts.find((part) => part.tag === context(3, true));
  const identifier = extensions && readExtensions(extensions.content).find(({ id }) => id === subjectKeyIdentifier);
  return {
    subject: element(parts, 4 + versioned, "subject").raw,
    keyId: identifier && element(decode(identifier.value), 0, "key identifier").content,
    isCa: certificate.ca,
  };
}

function usageExtensions(allowedUses: readonly string[]): Buffer[] {
  const bits = allowedUses.flatMap((use) => keyUsages[use] ?? []);
  const extended = allowedUses.flatMap((use) => extendedUsages[use] ?? []);
  return [
    ...(bits.length > 0 ? [extension("2.5.29.15", true, flags(bits))] : []),
    ...(extended.length > 0 ? [extension("2.5.29.37", false, sequence(...extended.map(oid)))] : []),
  ];
}

/** A named bit list: trailing zero bits are not written. */
function flags(bits: number[]): Buffer {
  const highest = Math.max(...bits);
  const bytes = Buffer.alloc(Math.floor(highest / 8) + 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit % 8));
  return bitString(bytes, 7 - (highest % 8));
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [yes] : []), octetString(value));
}

function small(value: number): Buffer {
  return integer(Buffer.from([value >> 8, value & 0xff]));
}
