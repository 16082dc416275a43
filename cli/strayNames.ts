/** What the names of resources tell of nodes and certificates that the plan does not have. Pure. */
import { nodeName } from "../core/certificates/resourceNames";
import { PROFILE_NAMES, type LeafName, type OwnName } from "../core/model/profiles";
import type { CertificateRow } from "../core/report/report";
import type { Config } from "../core/schema/config";

interface Named {
  readonly node: string;
  readonly certificate: CertificateRow["certificate"];
}

/** Longest first: "kubelet-server" ends like no other, but "prod-a-kubelet-server" also holds "kubelet". */
const BY_LENGTH = [...PROFILE_NAMES].sort((a, b) => b.length - a.length);

const strayName = (name: string): LeafName | undefined => {
  const own = /-(own\.[a-z0-9-]+)$/.exec(name)?.[1];
  return own === undefined ? BY_LENGTH.find((each) => name.endsWith(`-${each}`)) : (own as OwnName);
};

/**
 * Of a certificate that the plan does not have, because its node or profile was removed, or the configuration is encrypted: what
 * its name tells.
 */
export function strayLeaf(name: string, config: Config | undefined): Named | undefined {
  const profile = strayName(name);
  if (profile === undefined) return undefined;
  return { node: nodeOf(name.slice(0, -profile.length - 1), config), certificate: profile };
}

/** By the prefix of its resources, which is all of it that an encrypted configuration leaves. */
export const nodeOf = (prefix: string, config: Config | undefined): string => {
  const cluster = nodeName(config?.cluster.name ?? "", "");
  return prefix.startsWith(cluster) ? prefix.slice(cluster.length) : prefix;
};

/** A user's, where the plan does not have it: `<cluster>-kubeconfigs-<user>`. */
export const strayUser = (name: string): Named | undefined => {
  const user = /-kubeconfigs-([A-Za-z0-9._@-]+)$/.exec(name)?.[1];
  return user === undefined ? undefined : { node: "-", certificate: `kubeconfig:${user}` };
};
