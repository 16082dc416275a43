/** The three certificate authorities of a cluster, and how they are named in certificates and in the node protocol. */
export const AUTHORITIES = ["kubernetes", "etcd", "frontProxy"] as const;

/** One of the three authorities; also the field name in the stack file. */
export type AuthorityName = (typeof AUTHORITIES)[number];

/** One thing for each authority. */
export const mapAuthorities = <T>(make: (name: AuthorityName) => T): Record<AuthorityName, T> =>
  Object.fromEntries(AUTHORITIES.map((name) => [name, make(name)])) as Record<AuthorityName, T>;

/** The part names of the node protocol that carry an authority's certificate and key (see docs/node-protocol.md). */
export const caPart = (authority: AuthorityName): string => `ca:${authority.toLowerCase()}`;
export const caKeyPart = (authority: AuthorityName): string => `cakey:${authority.toLowerCase()}`;

/** One generation's certificate, where a payload carries several; and the one that signs, never merged with others. */
export const caGenerationPart = (authority: AuthorityName, generation: number): string =>
  `${caPart(authority)}:g${String(generation)}`;
export const signerPart = (authority: AuthorityName): string => `signer:${authority.toLowerCase()}`;

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

/** Of a root in the stack's state that signs CAs in Vault; nothing on a node trusts it. */
export const rootCommonName = (cluster: string): string => `${cluster}-root-ca`;

/** Of the intermediate that the controller manager signs with, where the CA's key stays in Vault. */
export const signerCommonName = (authorityName: string): string => `${authorityName}-signer`;
