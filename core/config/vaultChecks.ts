/** Checks of `authority.kind`: each kind has fields of its own. */
import { AUTHORITY_NAMES } from "../profileNames";
import type { Check } from "./check";

const OF_VAULT = ["address", "approle", "mounts"] as const;

export const vaultProblems: Check = ({ sections: { authority } }) => {
  if (authority === undefined) return [];
  if (authority.kind === "embedded")
    return OF_VAULT.filter((field) => authority[field] !== undefined).map(
      (field) => `authority.${field}: given with kind embedded; allowed is kind: vault beside it, or to leave it out`,
    );
  const missing =
    authority.address === undefined
      ? [
          "authority.address: missing; with kind vault give the address of Vault or OpenBao, " +
            'such as "https://vault.example.com:8200"',
        ]
      : [];
  const given = AUTHORITY_NAMES.filter((name) => authority[name] !== undefined).map(
    (name) =>
      `authority.${name}: a CA with its key, but with kind vault every key is made in the server and stays there; ` +
      `leave it out and name the CA's fingerprint as adopt.${name}: the cluster is then taken over`,
  );
  return [...missing, ...given];
};
