import { execFileSync } from "node:child_process";
import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface LeafOptions {
  /** @default 30 */
  readonly days?: number;
  /** Sign this request instead of a new key's. */
  readonly csr?: string;
  /** @default IP:127.0.0.1 */
  readonly names?: string;
  /** Empty for none. @default serverAuth,clientAuth */
  readonly usages?: string;
  readonly keyUsage?: string;
  /** @default an EC key of P-256 */
  readonly algorithm?: "RSA-2048";
}

const work = mkdtempSync(join(tmpdir(), "kube-pki-test-pki-"));
let count = 0;

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"], cwd: work });
}

/** Writes a file for openssl and gives its name. */
function at(file: string, text: string): string {
  writeFileSync(join(work, file), text, { mode: 0o600 });
  return file;
}

const signedWith = (name: string, { cert, key }: Pair): string[] => [
  "-CA",
  at(`${name}.ca`, cert),
  "-CAkey",
  at(`${name}.cakey`, key),
];

/**
 * A new authority; every one has its own subject. It signs itself unless another one does.
 *
 * @param extensions more of them, as openssl's -addext takes them
 */
export function authority(signedBy?: Pair, extensions: readonly string[] = []): Pair {
  const name = `ca${String(count++)}`;
  const signing = signedBy === undefined ? [] : signedWith(name, signedBy);
  // prettier-ignore
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", `${name}.key`,
    "-out", `${name}.crt`, "-days", "3650", "-subj", `/CN=test ${name}`, "-addext", "keyUsage=critical,keyCertSign",
    ...extensions.flatMap((extension) => ["-addext", extension]), ...signing);
  return read(name);
}

/** The certificate of an authority once more: the same name and key, other dates. */
export function issuedAnew(ca: Pair, days = 365): string {
  const name = `ca${String(count++)}`;
  at(`${name}.key`, ca.key);
  at(`${name}.ext`, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n");
  openssl(
    "req",
    "-new",
    "-key",
    `${name}.key`,
    "-out",
    `${name}.csr`,
    "-subj",
    `/${new X509Certificate(ca.cert).subject}`,
  );
  // prettier-ignore
  openssl("x509", "-req", "-in", `${name}.csr`, "-signkey", `${name}.key`, "-days", String(days),
    "-extfile", `${name}.ext`, "-out", `${name}.crt`);
  return read(name).cert;
}

/** A leaf for 127.0.0.1, both server and client, signed by `ca`. */
export function leaf(ca: Pair, cn = "leaf", options: LeafOptions = {}): Pair {
  const { days = 30, csr, names = "IP:127.0.0.1", usages = "serverAuth,clientAuth", keyUsage, algorithm } = options;
  const name = `leaf${String(count++)}`;
  if (csr === undefined) {
    const key = algorithm === undefined ? ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["rsa:2048"];
    // prettier-ignore
    openssl("req", "-newkey", ...key, "-nodes", "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${cn}`);
  } else {
    at(`${name}.csr`, csr);
    at(`${name}.key`, "");
  }
  const extensions = { subjectAltName: names, extendedKeyUsage: usages, keyUsage: keyUsage ?? "" };
  const lines = Object.entries(extensions).map(([extension, value]) => (value === "" ? "" : `${extension}=${value}\n`));
  at(`${name}.ext`, lines.join(""));
  // prettier-ignore
  openssl("x509", "-req", "-in", `${name}.csr`, ...signedWith(name, ca),
    "-set_serial", `0x${(0x1000 + count).toString(16)}`, "-days", String(days), "-extfile", `${name}.ext`, "-out", `${name}.crt`);
  return read(name);
}

function read(name: string): Pair {
  return {
    cert: readFileSync(join(work, `${name}.crt`), "utf8"),
    key: readFileSync(join(work, `${name}.key`), "utf8"),
  };
}

export function serialOf(pem: string): string {
  return new X509Certificate(pem).serialNumber;
}

export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256.replaceAll(":", "").toLowerCase();
}

/** Of a key nobody has. */
export const publicKey = (): string =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ type: "spki", format: "pem" }).toString();

/** The fingerprint of a public key. */
export const sumOf = (key: string): string =>
  createHash("sha256")
    .update(createPublicKey(key).export({ type: "spki", format: "der" }))
    .digest("hex");

export const base64 = (text: string): string => Buffer.from(text).toString("base64");
