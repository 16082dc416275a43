import * as pulumi from "@pulumi/pulumi";
import * as vault from "@pulumi/vault";
import { authorityCommonName, mapAuthorities, type AuthorityName } from "../../core/authorities";
import type { ClientPlan } from "../../core/clients";
import type { Config } from "../../core/config";
import type { ClusterPlan } from "../../core/plan";
import { isInUse, keptOf, signerOf, stateOf } from "../../core/rotation";
import { hasOwnSigner, mountOf, rolesOf } from "../../core/vault";
import type { Authority } from "./authority";
import { EmbeddedAuthority } from "./embedded";
import { VaultAuthority } from "./vault";
import { VaultAccess } from "./vaultAccess";
import { VaultMount } from "./vaultMount";

/** One authority over its rotations. */
export interface Generations {
  /** Every generation the stack keeps: the first is generation 1. */
  readonly all: readonly Authority[];
  /** The one that signs; undefined while that is a CA the stack took over and whose key it does not know. */
  readonly signer: Authority | undefined;
  /** The one a rotation leads to. */
  readonly target: Authority;
}

interface Planned {
  readonly config: Config;
  readonly plan: ClusterPlan;
  /** Who gets a certificate without being a node. */
  readonly clients: readonly ClientPlan[];
}

/** Makes one generation. */
type Make = (name: string, generation: number) => Authority;

/** All three authorities in all their generations. */
export const authoritiesOf = (
  base: string,
  planned: Planned,
  options: pulumi.ComponentResourceOptions,
): Record<AuthorityName, Generations> => {
  const { config, plan } = planned;
  const provider = config.authority.kind === "vault" ? vaultServer(base, config, options) : undefined;
  if (provider !== undefined && config.authority.approle !== undefined)
    new VaultAccess(`${base}-access`, { provider, approle: config.authority.approle, config, plan }, options);
  return mapAuthorities((name) => {
    const make =
      provider === undefined
        ? embedded(name, config, options)
        : inVault(`${base}-${name}`, name, provider, planned, options);
    return generationsOf(base, name, config, make);
  });
};

/**
 * All generations of one authority. Earlier ones stay in the state, so that every phase can be gone back to; those that
 * may still be presented are protected from deletion.
 */
const generationsOf = (base: string, name: AuthorityName, config: Config, make: Make): Generations => {
  const state = stateOf(config, name);
  const all = keptOf(state).map((generation) =>
    make(generation === 1 ? `${base}-${name}-ca` : `${base}-${name}-ca-g${String(generation)}`, generation),
  );
  const target = all.at(-1);
  if (target === undefined)
    throw new Error(`rotation.${name}.generation: a generation below 1 came through the checks`);
  return { all, signer: all[signerOf(state) - 1], target };
};

const embedded =
  (name: AuthorityName, config: Config, options: pulumi.ComponentResourceOptions): Make =>
  (resource, generation) => {
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

/** The token is no argument, so that it is never in the state: the plugin takes it from VAULT_TOKEN. */
const vaultServer = (base: string, { authority }: Config, options: pulumi.ComponentResourceOptions): vault.Provider => {
  if (authority.address === undefined)
    throw new Error("authority.address: kind vault without it came through the checks");
  // a token that may only sign may make no other one
  return new vault.Provider(`${base}-vault`, { address: authority.address, skipChildToken: true }, options);
};

const inVault = (
  base: string,
  name: AuthorityName,
  provider: vault.Provider,
  { config, plan, clients }: Planned,
  options: pulumi.ComponentResourceOptions,
): Make => {
  const { authority, cluster } = config;
  const maxSeconds = authority.validitySeconds;
  const mount = new VaultMount(`${base}-mount`, { provider, maxSeconds, ...mountOf(config, name) }, options);
  const state = stateOf(config, name);
  return (resource, generation) => {
    const signs = generation === signerOf(state);
    const made = new VaultAuthority(
      resource,
      {
        provider,
        mount: mount.path,
        commonName: authorityCommonName(cluster.name, name, generation),
        generation,
        algorithm: authority.algorithm,
        validitySeconds: authority.validitySeconds,
        roles: signs ? rolesOf(plan.nodes, clients, name) : [],
        hasSigner: name === "kubernetes" && hasOwnSigner(config),
        isInUse: isInUse(state, generation),
      },
      options,
    );
    // whoever signs in this mount without naming an issuer gets the one that the nodes present
    if (signs)
      new vault.pkisecret.SecretBackendConfigIssuers(
        `${base}-default-issuer`,
        { backend: mount.path, default: made.issuerId },
        { ...options, provider },
      );
    return made;
  };
};
