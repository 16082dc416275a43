/** Public host keys as ssh-keyscan prints them. */
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
