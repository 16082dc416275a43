import { createPrivateKey, createPublicKey, X509Certificate, type KeyObject } from "node:crypto";

/** What Node.js can read; the same key in the form of OpenSSH stands beside it. */
const PEM = /-----BEGIN ((?:EC |RSA )?PRIVATE KEY|CERTIFICATE)-----[^]+?-----END \1-----/g;

const spki = (key: KeyObject): string => key.export({ type: "spki", format: "der" }).toString("base64");

/** Subjects of the CAs in an export, its secrets readable, whose private keys are in it too. */
export const caKeysIn = (exported: string): string[] => {
  // a secret is JSON within JSON
  const blocks = [...exported.replace(/\\+n/g, "\n").matchAll(PEM)];
  const keys = new Set(
    blocks.flatMap(([pem, label]) => (label === "CERTIFICATE" ? [] : [spki(createPublicKey(createPrivateKey(pem)))])),
  );
  const cas = blocks.flatMap(([pem, label]) => (label === "CERTIFICATE" ? [new X509Certificate(pem)] : []));
  const found = cas.filter(({ ca, publicKey }) => ca && keys.has(spki(publicKey)));
  return [...new Set(found.map(({ subject }) => subject))].sort();
};
