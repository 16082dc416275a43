/** What programs may use, with every type that they need. */
export { ClusterPki, type ClusterPkiArgs, type NodeAddress } from "./clusterPki";
export { stackFile, type StackFile } from "./stackFile";
export { stackOutputs, type StackOutputs } from "./stackOutputs";
export type * from "./sections";
export type { AuthorityRow } from "../core/report/authorityRows";
export type { Phase } from "../core/model/phases";
export type { CertificateRow } from "../core/report/report";
export type { Summary } from "../core/report/summary";
export type { AuthorityName } from "../core/model/authorities";
export type { LeafName, OwnName, ProfileName } from "../core/model/profiles";

// one generation of one authority, to build another kind of PKI with
export { EmbeddedAuthority, type EmbeddedAuthorityArgs } from "./authority/embedded";
export { VaultAuthority, type VaultAuthorityArgs } from "./authority/vault";
export type { Authority, Issued, SigningRequest } from "./authority/authority";
export type { CaRequest, CaSigner } from "./authority/caSigner";
export type { VaultCaArgs } from "./authority/vaultCa";
export type { VaultRole } from "../core/vault/roles";
export type { Algorithm } from "../core/model/algorithms";
