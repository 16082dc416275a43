import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { decode, element, encode, oid, octetString, sequence, tag } from "./der";

export type Algorithm = "RSA" | "ECDSA" | "ED25519";

export const curves = { P224: "secp224r1", P256: "prime256v1", P384: "secp384r1", P521: "secp521r1" } as const;

export function generate(algorithm: Algorithm, rsaBits: number, curve: keyof typeof curves): KeyObject {
  switch (algorithm) {
    case "RSA":
      return generateKeyPairSync("rsa", { modulusLength: rsaBits }).privateKey;
    case "ECDSA":
      return generateKeyPairSync("ec", { namedCurve: curves[curve] }).privateKey;
    case "ED25519":
      return generateKeyPairSync("ed25519").privateKey;
  }
}

/** The form each algorithm is written in: PKCS#1, SEC1, and PKCS#8 where there is no older one. */
export function privateKeyPem(key: KeyObject): string {
  const older = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;
  const type = older[algorithmOf(key)];
  return (key.export({ format: "pem", type: type }) as string).replace(/\r/g, "");
}

export function parsePrivateKey(pem: string): KeyObject {
  const label = /-----BEGIN ([^-]+)-----/.exec(pem)?.[1];
  const size = String(Buffer.byteLength(pem));
  if (label === undefined) throw new Error(`failed to decode PEM block: decoded bytes 0, undecoded ${size}`);
  if (!/^(RSA |EC )?PRIVATE KEY$/.test(label)) throw new Error(`unsupported PEM preamble/type: ${label}`);
  try {
    return createPrivateKey(pem);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`failed to parse private key given PEM preamble '${label}': ${reason}`);
  }
}

export function algorithmOf(key: KeyObject): Algorithm {
  const algorithms: Readonly<Record<string, Algorithm>> = { rsa: "RSA", ec: "ECDSA", ed25519: "ED25519" };
  const algorithm = algorithms[key.asymmetricKeyType ?? ""];
  if (algorithm === undefined) throw new Error(`unsupported private key type: ${key.asymmetricKeyType ?? "none"}`);
  return algorithm;
}

export const publicKeyInfo = (key: KeyObject): Buffer =>
  (key.type === "private" ? createPublicKey(key) : key).export({ format: "der", type: "spki" });

/** SHA-1 of the public key's bits; for Ed25519 of those bits as an OCTET STRING, as the official provider does it. */
export function keyIdentifier(spki: Buffer): Buffer {
  const parts = decode(element(decode(spki), 0, "public key").content);
  const bits = element(parts, 1, "public key bits").content.subarray(1);
  const ed25519 = element(parts, 0, "key algorithm").content.includes(oid("1.3.101.112"));
  return createHash("sha1")
    .update(ed25519 ? octetString(bits) : bits)
    .digest();
}

interface Signature {
  readonly hash: string | null;
  readonly identifier: Buffer;
}

const ecdsaWith = (hash: string, id: string): Signature => ({ hash, identifier: sequence(oid(id)) });
/** By algorithm or curve: the hash Go picks when none is asked for. */
const signatures: Readonly<Record<string, Signature>> = {
  RSA: { hash: "sha256", identifier: sequence(oid("1.2.840.113549.1.1.11"), encode(tag.null)) },
  ED25519: { hash: null, identifier: sequence(oid("1.3.101.112")) },
  secp224r1: ecdsaWith("sha256", "1.2.840.10045.4.3.2"),
  prime256v1: ecdsaWith("sha256", "1.2.840.10045.4.3.2"),
  secp384r1: ecdsaWith("sha384", "1.2.840.10045.4.3.3"),
  secp521r1: ecdsaWith("sha512", "1.2.840.10045.4.3.4"),
};

export function signatureOf(key: KeyObject): { identifier: Buffer; sign: (bytes: Buffer) => Buffer } {
  const found = signatures[key.asymmetricKeyDetails?.namedCurve ?? algorithmOf(key)];
  if (found === undefined) throw new Error("x509: unsupported elliptic curve");
  return { identifier: found.identifier, sign: (bytes) => sign(found.hash, bytes, key) };
}
