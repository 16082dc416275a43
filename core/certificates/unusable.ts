/**
 * What node:crypto and OpenSSL read, and what runs in a cluster does not take: refused here, since a node would find it out
 * only after its services had restarted. Each row was tried with Go's packages and says where it stands in them.
 */
import type { KeyObject, X509Certificate } from "node:crypto";
import { INVENTORY } from "./inventory";
import type { San } from "../format/addresses";
import { extensionsOf, namesCurve } from "../format/extensions";
import { readNameConstraints, refusedName } from "../format/nameConstraints";
import { mustBe } from "../format/problem";
import type { AuthorityName } from "../model/authorities";
import { PROFILE_NAMES } from "../model/profiles";

/** A CA that signs. */
export interface SigningCa {
  readonly certificate: X509Certificate;
  readonly authority: AuthorityName;
  /** The names in the certificates that it is to sign. */
  readonly sans: () => readonly San[];
}

/** What may be given. */
interface Givens {
  readonly ca: SigningCa;
  readonly caKey: KeyObject;
  readonly tokenKey: KeyObject;
  /** As ssh-keyscan prints it. */
  readonly hostKey: string;
}

interface Row<T> {
  /** What is wrong with it, in words; undefined: nothing. */
  readonly wrong: (given: T) => string | undefined;
  readonly mustBe: string;
  readonly todo: string;
}

const OIDS = {
  server: "1.3.6.1.5.5.7.3.1",
  client: "1.3.6.1.5.5.7.3.2",
  anyUsage: "2.5.29.37.0",
  nameConstraints: "2.5.29.30",
} as const;

/** crypto/rsa rsa.go `checkKeySize`, Go 1.24. */
const LEAST_RSA_BITS = 1024;

/** A test of keys: these curves, by their names in OpenSSL, and whether Ed25519 too. */
const keyOf =
  (curves: readonly string[], takesEd25519: boolean) =>
  (key: KeyObject): string | undefined => {
    const { namedCurve = "", modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
    switch (key.asymmetricKeyType) {
      case "rsa":
        return modulusLength < LEAST_RSA_BITS ? `an RSA key of ${String(modulusLength)} bits` : undefined;
      case "ec":
        if (!curves.includes(namedCurve)) return `an ECDSA key on the curve ${namedCurve}`;
        return namesCurve(key) ? undefined : "an ECDSA key with explicit curve parameters";
      case "ed25519":
        return takesEd25519 ? undefined : "an Ed25519 key";
      default:
        return `a key of type ${key.asymmetricKeyType ?? "unknown"}`;
    }
  };

const NIST = ["prime256v1", "secp384r1", "secp521r1"];

/** crypto/x509 parser.go `parsePublicKey`, `namedCurveFromOID`: P-224 as well. */
const CA_KEY = {
  wrong: keyOf(["secp224r1", ...NIST], true),
  mustBe: `RSA from ${String(LEAST_RSA_BITS)} bits, ECDSA on P-256, P-384 or P-521 by name, or Ed25519, because Go reads no other`,
  todo: "give a CA with such a key",
};

const usagesOf = (name: AuthorityName): ("server" | "client")[] => [
  ...new Set(
    PROFILE_NAMES.filter((profile) => INVENTORY[profile].authority === name).flatMap(
      (profile) => INVENTORY[profile].usages,
    ),
  ),
];

/** Extensions that Go knows when they are critical: crypto/x509 parser.go `processExtensions`. */
const KNOWN_CRITICAL = [15, 17, 19, 30, 31, 32, 33, 35, 36, 37, 54].map((last) => `2.5.29.${String(last)}`);

const constraintsOf = (certificate: X509Certificate) =>
  extensionsOf(certificate)
    .filter(({ oid }) => oid === OIDS.nameConstraints)
    .map(({ value }) => readNameConstraints(value));

const isDer = (certificate: X509Certificate): boolean => {
  try {
    constraintsOf(certificate);
    return true;
  } catch {
    return false;
  }
};

const ROWS: { readonly [K in keyof Givens]: readonly Row<Givens[K]>[] } = {
  ca: [
    { ...CA_KEY, wrong: ({ certificate }) => CA_KEY.wrong(certificate.publicKey) },
    {
      // encoding/asn1, golang.org/x/crypto/cryptobyte: no BER
      wrong: ({ certificate }) => (isDer(certificate) ? undefined : "not encoded in DER"),
      mustBe: "in DER within the PEM (RFC 5280, 4.1), because Go reads nothing else",
      todo: "have the certificate issued anew",
    },
    {
      // crypto/x509 parser.go `parseCertificate`, since Go 1.23: Kubernetes from 1.32, and the tls provider that signs
      wrong: ({ certificate: { serialNumber } }) =>
        serialNumber.startsWith("-") ? `serial number ${serialNumber}` : undefined,
      mustBe: "one whose serial number is not negative (RFC 5280, 4.1.2.2), because Go reads no other",
      todo: "replace the CA (rotation: {generation: 2})",
    },
    {
      // crypto/x509 verify.go `checkChainForKeyUsage`: what a CA is not for, nothing that it signs is for
      wrong: ({ certificate, authority }) => {
        const allowed = certificate.keyUsage as readonly string[] | undefined; // none: for anything
        if (allowed === undefined || allowed.includes(OIDS.anyUsage)) return undefined;
        const lacking = usagesOf(authority).filter((usage) => !allowed.includes(OIDS[usage]));
        return lacking.length === 0
          ? undefined
          : `its extendedKeyUsage does not allow ${lacking.map((usage) => `${usage}Auth`).join(" and ")}`;
      },
      mustBe:
        "one whose extendedKeyUsage allows every use of its certificates, because Go refuses them otherwise (RFC 5280, 4.2.1.12)",
      todo: "have the CA's certificate issued without extendedKeyUsage",
    },
    {
      // crypto/x509 verify.go `isValid`, UnhandledCriticalExtension
      wrong: ({ certificate }) => {
        const odd = extensionsOf(certificate).find(({ oid, critical }) => critical && !KNOWN_CRITICAL.includes(oid));
        return odd === undefined ? undefined : `extension ${odd.oid} is critical`;
      },
      mustBe: "one whose critical extensions Go knows",
      todo: "have the CA's certificate issued without it",
    },
    {
      // crypto/x509 parser.go `parseNameConstraintsExtension`; critical or not, OpenSSL on the nodes applies them
      wrong: ({ certificate }) =>
        constraintsOf(certificate).some(({ hasOthers }) => hasOthers)
          ? "its nameConstraints are for other kinds of names too"
          : undefined,
      mustBe: "one with nameConstraints for DNS names and IP addresses only, because Go supports no others",
      todo: "have the CA's certificate issued without those",
    },
    {
      // crypto/x509 constraints.go `checkChainConstraints`
      wrong: ({ certificate, sans }) => {
        const [refused] = constraintsOf(certificate).flatMap((each) => refusedName(each, sans()) ?? []);
        return refused === undefined ? undefined : `its nameConstraints do not allow ${refused}`;
      },
      mustBe: "one whose nameConstraints allow every name in the cluster's certificates (RFC 5280, 4.2.1.10)",
      todo: "have the CA's certificate issued with wider nameConstraints or none",
    },
  ],
  caKey: [CA_KEY],
  tokenKey: [
    {
      // k8s.io/kubernetes pkg/serviceaccount/jwt.go `JWTTokenGenerator`, `signerFromECDSAPrivateKey`
      wrong: keyOf(NIST, false),
      mustBe: `RSA from ${String(LEAST_RSA_BITS)} bits or ECDSA on P-256, P-384 or P-521 by name, because kube-apiserver signs tokens with no other`,
      todo: "give the key of --service-account-signing-key-file",
    },
  ],
  hostKey: [
    {
      // pulumi-command offers a key's own type as the one algorithm (HostKeyAlgorithms), and ssh-rsa means SHA-1, which
      // sshd has refused since OpenSSH 8.8 (https://www.openssh.com/txt/release-8.8)
      wrong: (given) => (given.startsWith("ssh-rsa ") ? "an RSA key" : undefined),
      mustBe:
        "of type ed25519 or ecdsa, because the command provider knows RSA host keys only with SHA-1, which sshd refuses",
      todo: "give one that `ssh-keyscan -t ed25519,ecdsa HOST` shows",
    },
  ],
};

/** The sentence about the first thing that is wrong with what was given; the others often follow from it. */
export const unusable = <K extends keyof Givens>(kind: K, at: string, given: Givens[K]): string[] => {
  for (const { wrong, mustBe: what, todo } of ROWS[kind]) {
    const text = wrong(given);
    if (text !== undefined) return [mustBe(at, text, what, todo)];
  }
  return [];
};
