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

/** What is given in place of a host key, and what to do about it; the first that holds. */
const FAULTS: readonly (readonly [RegExp, string])[] = [
  [/^(?:SHA256|MD5):|^(?:[0-9a-f]{2}:){15}/i, "it is a fingerprint, so give the whole key"],
  [/^[~./][^\s]*$|\.pub$/, "it is the path of a file, so give the line in it"],
  [/^(?!ssh-|ecdsa-)\S+ +(?:ssh-|ecdsa-)/, "a host is in front of it, which is left out"],
  [/^ssh-dss /, "sshd takes no DSA keys any more, so give one of another type"],
  [/^(?:ssh-|ecdsa-)\S+ AAAA/, "it is damaged, so copy all of it"],
];

/** Why it is none, where that can be told. */
export const hostKeyTodo = (given: string): string | undefined =>
  FAULTS.find(([pattern]) => pattern.test(given.trim()))?.[1];
