/** Signing requests as nodes make them, and as somebody makes them who means harm. */
import "reflect-metadata"; // @peculiar/x509 asks for it
import { execFileSync } from "node:child_process";
import { webcrypto } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ExtensionsAttribute,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
} from "@peculiar/x509";

/** A request by openssl, as a node makes it. */
export const request = (subject: string, ...extensions: string[]): string => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-"));
  try {
    execFileSync(
      "openssl",
      ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", join(folder, "key")]
        .concat(["-subj", subject, "-out", join(folder, "csr")])
        .concat(extensions.flatMap((extension) => ["-addext", extension])),
      { stdio: "pipe" },
    );
    return readFileSync(join(folder, "csr"), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
};

/** Its signature no longer fits. */
export const tamperedWith = (pem: string): string => {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ""), "base64");
  der[der.length - 3]! ^= 1;
  const lines = der.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines}\n-----END CERTIFICATE REQUEST-----\n`;
};

const namesOf = (names: readonly string[]) =>
  new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns" as const, value })));

/** Two attributes, of which some readers take the first and some the last. */
export const requestWithTwoLists = async (
  name: string,
  first: readonly string[],
  second: readonly string[],
): Promise<string> => {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const made = await Pkcs10CertificateRequestGenerator.create({
    name,
    keys,
    signingAlgorithm: algorithm,
    attributes: [new ExtensionsAttribute([namesOf(first)]), new ExtensionsAttribute([namesOf(second)])],
  });
  return `${made.toString("pem")}\n`;
};
