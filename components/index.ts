export { ClusterPki, type ClusterPkiArgs, type NodeAddress } from "./clusterPki";
export { NodePki, type NodePkiArgs, type NodeLeaf } from "./nodePki";
export { EmbeddedAuthority, type EmbeddedAuthorityArgs } from "./authority/embedded";
export { VaultAuthority, type VaultAuthorityArgs } from "./authority/vault";
export { vaultPreflight } from "./authority/vaultPreflight";
export type { Authority, Issued, SigningRequest } from "./authority/authority";
export { ConfigError, parseConfig, type Config } from "../core/config";
export type { CertificateRow } from "../core/report";
