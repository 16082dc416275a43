/** How authorities are named in the node protocol (docs/node-protocol.md). */
import type { AuthorityName } from "../model/authorities";

/** The parts that carry an authority's certificate and key. */
export const caPart = (authority: AuthorityName): string => `ca:${authority.toLowerCase()}`;
export const oldCaPart = (authority: AuthorityName): string => `old:${authority.toLowerCase()}`;
export const caKeyPart = (authority: AuthorityName): string => `cakey:${authority.toLowerCase()}`;

/** One generation's certificate, where a payload carries several; and the issuer's, which is never merged. */
export const caGenerationPart = (authority: AuthorityName, generation: number): string =>
  `${caPart(authority)}:g${String(generation)}`;
export const csrSignerPart = (authority: AuthorityName): string => `signer:${authority.toLowerCase()}`;
