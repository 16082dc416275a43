/** Kubernetes minor versions whose certificate tree the inventory describes. */
const MINORS = { oldest: 30, newest: 36 } as const;

/** "v1.34.2" or "1.34.2" as "1.34.2"; undefined when it is no release in the supported range. */
export function canonicalVersion(given: string): string | undefined {
  const match = /^v?(1\.(\d{1,3})\.(?:0|[1-9]\d{0,2}))$/.exec(given);
  const minor = Number(match?.[2]);
  return minor >= MINORS.oldest && minor <= MINORS.newest ? match?.[1] : undefined;
}

const HOST_KEY = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?$/;

/** "ssh-ed25519 AAAA... comment" without the comment; undefined when type and key do not belong together. */
export function canonicalHostKey(given: string): string | undefined {
  const [, type, body] = HOST_KEY.exec(given.trim()) ?? [];
  if (type === undefined || body === undefined) return undefined;
  // RFC 4253 6.6: the key begins with its own type as a string with a 4-byte length.
  const bytes = Buffer.from(body, "base64");
  const named = bytes.length > 4 ? bytes.subarray(4, 4 + bytes.readUInt32BE(0)).toString("latin1") : "";
  return named === type ? `${type} ${body}` : undefined;
}

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
