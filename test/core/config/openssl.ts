/** Keys and CAs as OpenSSL makes them: also those that neither node:crypto nor @peculiar/x509 would make. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExistingCa } from "./fixtures";

const openssl = (...args: readonly string[]): string =>
  execFileSync("openssl", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });

const withFolder = <T>(run: (file: (name: string) => string) => T): T => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-openssl-"));
  try {
    return run((name) => join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** What `openssl genpkey -algorithm` takes, and its options. */
export type KeyKind = readonly [algorithm: string, ...options: string[]];

export const curve = (name: string, encoding = "named_curve"): KeyKind => [
  "EC",
  `ec_paramgen_curve:${name}`,
  `ec_param_enc:${encoding}`,
];
export const rsa = (bits: number, algorithm = "RSA"): KeyKind => [algorithm, `rsa_keygen_bits:${String(bits)}`];

export const opensslKey = ([algorithm, ...options]: KeyKind): string =>
  openssl("genpkey", "-algorithm", algorithm, ...options.flatMap((option) => ["-pkeyopt", option]));

/** The same ECDSA key with the numbers of its curve in place of the name. */
export const spelledOut = (pem: string): string =>
  withFolder((file) => {
    writeFileSync(file("key"), pem, { mode: 0o600 });
    return openssl("ec", "-in", file("key"), "-param_enc", "explicit");
  });

export interface CaWish {
  readonly key?: KeyKind;
  /** Lines of OpenSSL's configuration, `name = value`. */
  readonly extensions?: readonly string[];
  /** Of `openssl req`. */
  readonly options?: readonly string[];
}

/** A self-signed CA, valid from now on for a century. */
export const opensslCa = ({ key = curve("P-256"), extensions = [], options = [] }: CaWish = {}): ExistingCa =>
  withFolder((file) => {
    const pem = opensslKey(key);
    writeFileSync(file("key"), pem, { mode: 0o600 });
    writeFileSync(
      file("cnf"),
      ["[req]", "prompt = no", "distinguished_name = dn", "x509_extensions = v3", "[dn]", "CN = made", "[v3]"]
        .concat("basicConstraints = critical, CA:TRUE", extensions)
        .join("\n"),
    );
    const args = ["-config", file("cnf"), "-key", file("key"), "-days", "36500", "-out", file("crt")];
    openssl("req", "-x509", "-new", ...args, ...options);
    return { certificate: readFileSync(file("crt"), "utf8"), key: pem };
  });
