/** Which CAs, keys and phases a stack file asks for, as one text that a later run compares. */
import { createHash } from "node:crypto";

/** The sections by which a run makes what it must not forget: CA keys, Vault's mounts and roles, the phase it is in. */
const SECTIONS = ["cluster", "authority", "adopt", "rotation"] as const;

/** Its order is not the stack file's, and private keys are not in it. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  const fields = Object.entries(value).filter(([name]) => name !== "key");
  return fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, canonical(inner)]);
};

/**
 * SHA-256, hex. Where it is the same as after the last run that succeeded, a run makes leaf certificates and runs steps on nodes,
 * and nothing else: all of that a next run does again if the state has forgotten it.
 *
 * @param raw the values of a stack file's `kube-pki` namespace
 */
export const authorityDigest = (raw: Readonly<Record<string, unknown>>): string =>
  createHash("sha256")
    .update(JSON.stringify(SECTIONS.map((name) => canonical(raw[name]) ?? null)))
    .digest("hex");
