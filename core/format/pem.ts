/** PEM: blocks taken out of a text, and private keys that need a passphrase. */

/**
 * Only the PEM blocks of a text, each ending with a newline: `pulumi config set` cuts the last newline off, editors add
 * carriage returns, and `openssl x509 -text` writes prose above. Undefined when no block has a label ending so.
 */
export function canonicalPem(given: string, label: "CERTIFICATE" | "PRIVATE KEY"): string | undefined {
  const blocks = given
    .replace(/\r/g, "")
    .match(/^-----BEGIN ([A-Z0-9 ]+)-----\n[\s\S]+?\n-----END \1-----$/gm)
    ?.filter((block) => /^-----BEGIN ([A-Z0-9 ]+)-----/.exec(block)?.[1]?.endsWith(label));
  return blocks === undefined || blocks.length === 0 ? undefined : `${blocks.join("\n")}\n`;
}

/** True for a private key that needs a passphrase, in OpenSSH's own format or in PKCS#1 and PKCS#8. */
export function hasPassphrase(pem: string): boolean {
  if (pem.includes("ENCRYPTED")) return true;
  const [, body] = /BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(pem) ?? [];
  // openssh-key-v1: magic, then the cipher's name as a string (openssh-portable PROTOCOL.key).
  const cipher = Buffer.from(body ?? "", "base64")
    .subarray(19)
    .toString("latin1");
  return body !== undefined && !cipher.startsWith("none");
}

/** Each certificate of a text, without the newline behind it. */
export const pemBlocks = (text: string): string[] =>
  text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
