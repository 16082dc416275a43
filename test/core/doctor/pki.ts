/** Real certificates, as a survey has them. */
import { createHash, createPublicKey, webcrypto, X509Certificate as NodeCertificate } from "node:crypto";
import "reflect-metadata"; // @peculiar/x509 asks for it
import * as x509 from "@peculiar/x509";
import type { CertificateFacts } from "../../../core/survey/model";

export const NOW = new Date("2026-11-29T12:00:00Z");

const EC = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A certificate and what it takes to sign with it. */
export interface Issued {
  readonly facts: CertificateFacts;
  readonly keys: webcrypto.CryptoKeyPair;
  readonly name: string;
}

export interface Wish {
  readonly cn: string;
  readonly o?: string;
  readonly sans?: readonly string[];
  readonly usages?: readonly ("serverAuth" | "clientAuth")[];
  readonly isCa?: boolean;
  /** @default itself */
  readonly by?: Issued;
  readonly from?: string;
  readonly until?: string;
  /** @default a new pair */
  readonly keys?: webcrypto.CryptoKeyPair;
  readonly serial?: string;
  /** Bits of an RSA key. @default ECDSA P-256 */
  readonly rsa?: number;
  readonly digest?: "SHA-1";
}

const OIDS = { serverAuth: "1.3.6.1.5.5.7.3.1", clientAuth: "1.3.6.1.5.5.7.3.2" } as const;

const sha256 = (data: Buffer): string => createHash("sha256").update(data).digest("hex");

export const day = (iso: string): string => (iso.length === 10 ? `${iso}T12:00:00Z` : iso);

const newKeys = ({ rsa }: Wish): Promise<webcrypto.CryptoKeyPair> =>
  rsa === undefined
    ? webcrypto.subtle.generateKey(EC, true, ["sign", "verify"])
    : webcrypto.subtle.generateKey(
        { name: "RSASSA-PKCS1-v1_5", modulusLength: rsa, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
        true,
        ["sign", "verify"],
      );

const extensionsOf = ({ sans = [], usages = [], isCa = false }: Wish): x509.Extension[] => [
  new x509.BasicConstraintsExtension(isCa, undefined, true),
  ...(usages.length > 0 ? [new x509.ExtendedKeyUsageExtension(usages.map((usage) => OIDS[usage]))] : []),
  ...(sans.length > 0
    ? [
        new x509.SubjectAlternativeNameExtension(
          sans.map((san) => {
            const value = san.slice(san.indexOf(":") + 1);
            return san.startsWith("IP:") ? { type: "ip" as const, value } : { type: "dns" as const, value };
          }),
        ),
      ]
    : []),
];

let count = 0;

export async function issue(wish: Wish): Promise<Issued> {
  const keys = wish.keys ?? (await newKeys(wish));
  const subject = `${wish.o === undefined ? "" : `O=${wish.o}, `}CN=${wish.cn}`;
  const signer = wish.by ?? { keys, name: subject };
  count += 1;
  const serial = wish.serial ?? (0x1000 + count).toString(16);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: signer.name,
    serialNumber: serial.padStart(8, "0"),
    notBefore: new Date(day(wish.from ?? "2026-06-01")),
    notAfter: new Date(day(wish.until ?? (wish.isCa === true ? "2036-06-01" : "2027-06-01"))),
    publicKey: keys.publicKey,
    signingKey: signer.keys.privateKey,
    signingAlgorithm: { ...EC, hash: wish.digest ?? EC.hash },
    extensions: extensionsOf(wish),
  });
  const pem = `${certificate.toString("pem")}\n`;
  const parsed = new NodeCertificate(pem);
  return {
    keys,
    name: subject,
    facts: {
      subject,
      issuer: signer.name,
      serial: serial.replace(/^0+/, ""),
      notBefore: certificate.notBefore.toISOString(),
      notAfter: certificate.notAfter.toISOString(),
      sans: wish.sans ?? [],
      isCa: wish.isCa ?? false,
      usages: wish.usages ?? [],
      keyId: "",
      authorityKeyId: "",
      publicKey: sha256(createPublicKey(pem).export({ type: "spki", format: "der" })),
      algorithm: wish.rsa === undefined ? "ECDSA-P256" : `RSA-${String(wish.rsa)}`,
      fingerprint: sha256(parsed.raw),
      pem,
    },
  };
}
