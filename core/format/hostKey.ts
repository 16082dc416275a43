/** Public host keys as ssh-keyscan prints them. */
import { createPublicKey } from "node:crypto";
import { utils } from "ssh2";

const HOST_KEY = /^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521))\s+([A-Za-z0-9+/]+={0,2})(?:\s.*)?$/;

/** Whether it is whole: one that was cut off in a copy would be found out only by the first connection. */
const isWhole = (key: string): boolean => {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) return false;
  try {
    createPublicKey(parsed.getPublicPEM()); // the point of an ECDSA key
    return true;
  } catch {
    return false;
  }
};

/** "ssh-ed25519 AAAA... comment" without the comment; undefined when it is no whole key of its type. */
export function canonicalHostKey(given: string): string | undefined {
  const [, type, body] = HOST_KEY.exec(given.trim()) ?? [];
  const key = `${type ?? ""} ${body ?? ""}`;
  return type !== undefined && isWhole(key) ? key : undefined;
}
