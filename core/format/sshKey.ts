/** Private keys for a login by ssh. */
import { createPrivateKey } from "node:crypto";
import { utils } from "ssh2";
import { mustBe } from "./problem";

const isReadable = (pem: string): boolean => {
  try {
    createPrivateKey(pem);
    return true;
  } catch {
    return false;
  }
};

/** OpenSSH's own format is read by a library, PKCS#1, SEC 1 and PKCS#8 by node:crypto. Undefined: nothing is wrong. */
const faultOf = (pem: string): "encrypted" | "damaged" | undefined => {
  if (!pem.includes("BEGIN OPENSSH PRIVATE KEY"))
    return pem.includes("ENCRYPTED") ? "encrypted" : isReadable(pem) ? undefined : "damaged";
  const parsed = utils.parseKey(pem);
  if (!(parsed instanceof Error)) return undefined;
  return parsed.message.startsWith("Encrypted") ? "encrypted" : "damaged";
};

/** Sentences about a private key in PEM at a place of the stack file; the key is not shown. */
export const sshKeyProblems = (at: string, pem: string): string[] => {
  switch (faultOf(pem)) {
    case "encrypted":
      return [mustBe(at, "protected by a passphrase", "a key without one", "or set ssh.agent: true")];
    case "damaged":
      return [
        mustBe(
          at,
          "not readable (not shown)",
          "a whole private key",
          "it is cut off or damaged, so give the file again",
        ),
      ];
    case undefined:
      return [];
  }
};
