/** The program: one stack's configuration in, the cluster's whole PKI out. */
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, ConfigError, parseConfig, preflight } from "./components";
import { rawConfig } from "./core/config/parse";

const NAMESPACE = "kube-pki";

/** Taken once: preview and up of one moment agree with themselves. */
const now = new Date();

const secretKeys = (): Set<string> => {
  const listed = JSON.parse(process.env["PULUMI_CONFIG_SECRET_KEYS"] ?? "[]") as string[];
  return new Set(listed.flatMap((key) => (key.startsWith(`${NAMESPACE}:`) ? [key.slice(NAMESPACE.length + 1)] : [])));
};

const readConfig = () => {
  try {
    return parseConfig(rawConfig(pulumi.runtime.allConfig(), NAMESPACE), { now, secretKeys: secretKeys() });
  } catch (error) {
    // what the user wrote is wrong: the sentences say it, a stack trace would hide them
    if (error instanceof ConfigError) throw new pulumi.RunError(error.message);
    throw error;
  }
};

export = async () => {
  const config = readConfig();
  await preflight(config, config.asOf);
  const pki = new ClusterPki(config.cluster.name, { config });
  return {
    certificates: pki.certificates,
    nodes: pki.nodes,
    trust: pki.trust,
    ...(Object.keys(pki.signingRequests).length === 0 ? {} : { signingRequests: pki.signingRequests }),
    // `pulumi stack output kubeconfigs --show-secrets --json`: the administrator's and each user's
    kubeconfigs: pki.kubeconfigs,
  };
};
