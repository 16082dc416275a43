/** The subjects of generated CAs. */
import type { AuthorityName } from "../model/authorities";

/** What kubeadm calls each authority; a generated authority's CN is built on it. */
const BASE_CN: Readonly<Record<AuthorityName, string>> = {
  kubernetes: "kubernetes-ca",
  etcd: "etcd-ca",
  frontProxy: "front-proxy-ca",
};

/**
 * Subject CN of a generated authority. It names the cluster and the generation, because two CAs with one subject are
 * told apart only by key identifier, which OpenSSL clients do not try (openssl/openssl#16304).
 */
export const authorityCommonName = (cluster: string, authority: AuthorityName, generation: number): string =>
  `${cluster}-${BASE_CN[authority]}-g${String(generation)}`;

/** Of which generation such a CA is; undefined: the name is not of this authority. */
export const generationNamed = (cluster: string, authority: AuthorityName, commonName: string): number | undefined => {
  const generation = Number(/-g(\d+)$/.exec(commonName)?.[1]);
  return commonName === authorityCommonName(cluster, authority, generation) ? generation : undefined;
};

/** Of a root in the stack's state that signs CAs in Vault; nothing on a node trusts it. */
export const rootCommonName = (cluster: string): string => `${cluster}-root-ca`;

/** Of the intermediate that the controller manager signs with, where the CA's key stays in Vault. */
export const csrSignerCommonName = (authorityName: string): string => `${authorityName}-signer`;
