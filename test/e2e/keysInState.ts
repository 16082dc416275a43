/** What Node.js can read, OpenSSH's form of the same, and what a kubeconfig holds: base64 of PEM. */
const ANY_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]+?-----END \1-----|client-key-data: LS0t/g;

/**
 * The first lines of all private keys in an export, its secrets readable.
 *
 * @param login the ssh key that the stack file holds, which does not count
 */
export const keysIn = (exported: string, login: string): string[] => {
  // a secret is JSON within JSON
  const found = [...exported.replace(/\\+n/g, "\n").matchAll(ANY_KEY)].map(([text]) => text);
  return found.filter((text) => text !== login.trim()).map((text) => text.split("\n")[0] ?? "");
};
