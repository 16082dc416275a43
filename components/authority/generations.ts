import * as pulumi from "@pulumi/pulumi";
import type { AuthorityName } from "../../core/authorities";
import { authorityCommonName } from "../../core/authorities";
import type { Config } from "../../core/config";
import { isInUse, keptOf, signerOf, stateOf } from "../../core/rotation";
import type { Authority } from "./authority";
import { EmbeddedAuthority } from "./embedded";

/** One authority over its rotations. */
export interface Generations {
  /** Every generation the stack keeps: the first is generation 1. */
  readonly all: readonly Authority[];
  /** The one that signs; undefined while that is a CA the stack took over and whose key it does not know. */
  readonly signer: Authority | undefined;
  /** The one a rotation leads to. */
  readonly target: Authority;
}

/**
 * All generations of one authority. Earlier ones stay in the state, so that every phase can be gone back to; those that
 * may still be presented are protected from deletion.
 */
export const generationsOf = (
  base: string,
  name: AuthorityName,
  { authority, cluster, rotation }: Config,
  options: pulumi.ComponentResourceOptions,
): Generations => {
  const state = stateOf({ rotation }, name);
  const make = (generation: number): Authority => {
    const given = generation === 1 ? authority[name] : undefined;
    return new EmbeddedAuthority(
      generation === 1 ? `${base}-${name}-ca` : `${base}-${name}-ca-g${String(generation)}`,
      {
        commonName: authorityCommonName(cluster.name, name, generation),
        algorithm: authority.algorithm,
        validitySeconds: authority.validitySeconds,
        given: given && { certificatePem: given.certificate, keyPem: pulumi.secret(given.key) },
        isInUse: isInUse(state, generation),
      },
      options,
    );
  };
  const all = keptOf(state).map(make);
  const target = all.at(-1);
  if (target === undefined)
    throw new Error(`rotation.${name}.generation: a generation below 1 came through the checks`);
  return { all, signer: all[signerOf(state) - 1], target };
};
