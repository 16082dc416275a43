/** What programs may use; every type that one of these needs is here too. */
export { ClusterPki, type ClusterPkiArgs, type NodeAddress } from "./clusterPki";
export { stackFile, type StackFile } from "./stackFile";
export type * from "./sections";
export type { CertificateRow } from "../core/report/report";
export type { AuthorityName } from "../core/model/authorities";
export type { ProfileName } from "../core/model/profiles";

// one generation of one authority, for who puts a PKI of another kind together
export { EmbeddedAuthority, type EmbeddedAuthorityArgs } from "./authority/embedded";
export { VaultAuthority, type VaultAuthorityArgs } from "./authority/vault";
export type { Authority, Issued, SigningRequest } from "./authority/authority";
export type { CaRequest, CaSigner } from "./authority/caSigner";
export type { VaultCaArgs } from "./authority/vaultCa";
export type { VaultRole } from "../core/vault/roles";
export type { Algorithm } from "../core/model/algorithms";
