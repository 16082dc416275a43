import * as pulumi from "@pulumi/pulumi";
import { backendOf } from "../../core/authorities/backends";
import { authorityCommonName } from "../../core/authorities/names";
import { awaitsSigning, requestedAhead, unsigned } from "../../core/authorities/offlineRoot";
import { isInUse, keptOf, signerOf, stateOf } from "../../core/authorities/rotation";
import { AUTHORITIES, mapAuthorities, type AuthorityName } from "../../core/model/authorities";
import type { Config } from "../../core/schema/config";
import { usesVault } from "../../core/vault/mounts";
import type { Authority } from "./authority";
import { EmbeddedAuthority } from "./embedded";
import { InVault, type Planned } from "./inVault";

/** One authority over its rotations. */
export interface AuthorityGenerations {
  /** Every generation the stack keeps: the first is generation 1. */
  readonly all: readonly Authority[];
  /** The one that signs; undefined while that is a CA the stack took over and whose key it does not know. */
  readonly signer: Authority | undefined;
  /** The one a rotation leads to. */
  readonly target: Authority;
}

export interface Authorities {
  /** Undefined while a CA waits for its signature. */
  readonly generations: Readonly<Record<AuthorityName, AuthorityGenerations>> | undefined;
  /** Of CAs that people have to have signed: PEM by the name of the CA. */
  readonly requests: Readonly<Record<string, pulumi.Output<string>>>;
}

/**
 * All three authorities in all their generations. Earlier ones stay in the state, so that every phase can be gone back to;
 * those that may still be presented are protected from deletion.
 */
export const authoritiesOf = (
  base: string,
  planned: Planned,
  options: pulumi.ComponentResourceOptions,
): Authorities => {
  const { config } = planned;
  const vault = usesVault(config) ? new InVault(base, planned, options) : undefined;
  const resourceOf = (name: AuthorityName, generation: number): string =>
    generation === 1 ? `${base}-${name}-ca` : `${base}-${name}-ca-g${String(generation)}`;
  const make = (name: AuthorityName, generation: number): Authority =>
    vault !== undefined && backendOf(config, name, generation).kind === "vault"
      ? vault.authority(resourceOf(name, generation), name, generation)
      : embedded(resourceOf(name, generation), name, generation, config, options);
  const requests = AUTHORITIES.flatMap((name) =>
    [...unsigned(config, name), ...requestedAhead(config, name)].flatMap((generation) => {
      const request = vault?.request(resourceOf(name, generation), name, generation);
      return request === undefined
        ? []
        : [[authorityCommonName(config.cluster.name, name, generation), request] as const];
    }),
  );
  const made = mapAuthorities((name) => {
    const waiting = unsigned(config, name);
    return keptOf(stateOf(config, name))
      .filter((generation) => !waiting.includes(generation))
      .map((generation) => make(name, generation));
  });
  return {
    generations: awaitsSigning(config) ? undefined : mapAuthorities((name) => generationsOf(name, config, made[name])),
    requests: Object.fromEntries(requests),
  };
};

const generationsOf = (name: AuthorityName, config: Config, all: readonly Authority[]): AuthorityGenerations => {
  const target = all.at(-1);
  if (target === undefined)
    throw new Error(`rotation.${name}.generation: a generation below 1 came through the checks`);
  return { all, signer: all[signerOf(stateOf(config, name)) - 1], target };
};

const embedded = (
  resource: string,
  name: AuthorityName,
  generation: number,
  config: Config,
  options: pulumi.ComponentResourceOptions,
): Authority => {
  const { authority, cluster } = config;
  const given = generation === 1 ? authority[name] : undefined;
  return new EmbeddedAuthority(
    resource,
    {
      commonName: authorityCommonName(cluster.name, name, generation),
      algorithm: authority.algorithm,
      validitySeconds: authority.validitySeconds,
      given: given && { certificatePem: given.certificate, keyPem: pulumi.secret(given.key) },
      isInUse: isInUse(stateOf(config, name), generation),
    },
    options,
  );
};
