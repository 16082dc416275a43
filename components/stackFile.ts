import * as pulumi from "@pulumi/pulumi";
import { authorityDigest } from "../core/config/authorityDigest";
import { strayKeys } from "../core/config/namespaces";
import { parseConfig, rawConfig } from "../core/config/parse";
import { ConfigError } from "../core/config/problems";
import type { ClusterPkiArgs } from "./clusterPki";

/** What a stack file holds: the arguments of the cluster that it describes. */
export interface StackFile {
  /** Name of the cluster. */
  readonly name: string;
  readonly args: ClusterPkiArgs;
  /** To be an output of the stack: by it `kube-pki up` knows that a run will only renew. */
  readonly authorityDigest: string;
}

/** As the engine tells a program: with the namespace before each key. */
const encryptedKeys = (namespace: string): Set<string> => {
  const listed = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  const prefix = `${namespace}:`;
  return new Set(listed.flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : [])));
};

/** For one run, whatever the stack file says: a pipeline that looks every night. */
const READS_NODES = "KUBE_PKI_DETECT_DRIFT";

const withDrift = (raw: Record<string, unknown>): Record<string, unknown> =>
  /^(?:1|true)$/.test(process.env[READS_NODES] ?? "")
    ? { ...raw, rollout: { ...(raw["rollout"] as object | undefined), detectDrift: true } }
    : raw;

/**
 * Reads the configuration of the stack that the program runs for. Beside what `ClusterPki` checks it refuses a private key
 * in plain text.
 *
 * @throws pulumi.RunError with one sentence for each problem
 */
export const stackFile = (namespace = "kube-pki"): StackFile => {
  const now = new Date();
  const all = pulumi.runtime.allConfig();
  const raw = withDrift(rawConfig(all, namespace));
  try {
    const strays = strayKeys(all, namespace);
    if (strays.length > 0) throw new ConfigError(strays);
    const { name } = parseConfig(raw, { now, secretKeys: encryptedKeys(namespace) }).cluster;
    return { name, args: { ...(raw as unknown as ClusterPkiArgs), now }, authorityDigest: authorityDigest(raw) };
  } catch (error) {
    // a user's mistake: the message says it, a stack trace would hide it
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
};
