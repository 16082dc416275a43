/**
 * Clusters where one CA is all three authorities (`authority.oneCa`). The stack has that CA once: what it says of the
 * cluster's holds of etcd's and of the front proxy's too, in every generation and phase.
 */
import { ONE_CA } from "../layouts/oneCa";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { Config } from "../schema/config";

interface Given {
  readonly authority: Pick<Config["authority"], "oneCa">;
}

/** Whose CA an authority's is. */
export const caOf = ({ authority }: Given, name: AuthorityName): AuthorityName => (authority.oneCa ? ONE_CA : name);

/** The authorities that have a CA of their own. */
export const ownCas = (config: Given): AuthorityName[] => AUTHORITIES.filter((name) => caOf(config, name) === name);

/** What such a CA lets happen, for whoever plans a change. */
export const ONE_CA_WEAKNESS =
  "authority.oneCa: one CA is the cluster's, etcd's and the front proxy's, so whoever has a client certificate of a node " +
  "or a user can read and write all of etcd, and whoever gets one called as --requestheader-allowed-names says can act as any " +
  "user; give each a CA of its own (docs/fleet.md)";
