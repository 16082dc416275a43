/** A configuration without a fault, and real CAs and keys to put into it. */
import { generateKeyPairSync, webcrypto } from "node:crypto";
import "reflect-metadata"; // @peculiar/x509 asks for it
import * as x509 from "@peculiar/x509";
import { parseConfig } from "../../../core/config/parse";
import { ConfigError } from "../../../core/config/problems";
import type { Config } from "../../../core/schema/config";

export const NOW = new Date("2026-06-01T00:00:00Z");

/** A field of a key as ssh sends it (RFC 4251, 5: string). */
const field = (value: string | Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(value.length);
  return Buffer.concat([length, Buffer.from(value)]);
};

const point = (curve: string): Buffer => {
  const { x = "", y = "" } = generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ format: "jwk" });
  return Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
};

const BODIES: Readonly<Record<string, () => Buffer[]>> = {
  "ssh-ed25519": () => [Buffer.alloc(32, 7)],
  "ssh-rsa": () => [Buffer.from([1, 0, 1]), Buffer.concat([Buffer.from([0]), Buffer.alloc(256, 0x91)])],
  "ecdsa-sha2-nistp384": () => [Buffer.from("nistp384"), point("P-384")],
};

/** A public host key of that type. */
export const hostKeyOf = (type: string): string =>
  `${type} ${Buffer.concat([type, ...(BODIES[type]?.() ?? [])].map(field)).toString("base64")}`;

export const HOST_KEY = hostKeyOf("ssh-ed25519");

export type Raw = Record<string, unknown>;

export const node = (name: string, address: string, more: Raw = {}): Raw => ({
  name,
  address,
  ssh: { hostKey: HOST_KEY },
  ...more,
});

/** The smallest configuration that is accepted, with these top-level keys instead. */
export const config = (changes: Raw = {}): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com:6443" },
  nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), node("w1", "10.0.0.2")],
  ssh: { agent: true },
  ...changes,
});

export const ALL_SECRET: ReadonlySet<string> = new Set(["ssh", "authority"]);

export const parsed = (raw: Raw, secretKeys: ReadonlySet<string> = ALL_SECRET): Config =>
  parseConfig(raw, { now: NOW, secretKeys });

/** What is refused, sentence by sentence; none when it is accepted. */
export function problems(raw: Raw, secretKeys: ReadonlySet<string> = ALL_SECRET): readonly string[] {
  try {
    parsed(raw, secretKeys);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

export interface ExistingCa {
  certificate: string;
  key: string;
}

/** A real self-signed certificate, a CA unless said otherwise. */
export async function makeCa(
  name: string,
  { from = "2026-01-01T00:00:00Z", to = "2036-01-01T00:00:00Z", ca = true } = {},
): Promise<ExistingCa> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${name}`,
      keys,
      notBefore: new Date(from),
      notAfter: new Date(to),
      signingAlgorithm: algorithm,
      extensions: [new x509.BasicConstraintsExtension(ca, undefined, true)],
    },
    webcrypto as Crypto,
  );
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8
    .toString("base64")
    .replace(/(.{64})/g, "$1\n")
    .trim()}\n-----END PRIVATE KEY-----\n`;
  return { certificate: `${certificate.toString("pem").trim()}\n`, key };
}

/** A private key in PEM, with a passphrase when one is given. */
export const makeKey = (passphrase?: string): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({
    type: "pkcs8",
    format: "pem",
    ...(passphrase === undefined ? {} : { cipher: "aes-256-cbc", passphrase }),
  }) as string;
