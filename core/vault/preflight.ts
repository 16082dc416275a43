/**
 * Problems of Vault or OpenBao, or of the token, found before any change: one sentence each that says what to do. Pure;
 * components/authority/vaultPreflight.ts asks the server.
 */
import { X509Certificate } from "node:crypto";
import { authorityCommonName } from "../authorities/names";
import { ownCas } from "../authorities/oneCa";
import { issuerOf, stateOf } from "../authorities/rotation";
import { planClients } from "../certificates/clients";
import { unusable } from "../certificates/unusable";
import type { San } from "../format/addresses";
import { formatDuration } from "../format/duration";
import { fingerprintOf, momentText } from "../format/x509";
import type { AuthorityName } from "../model/authorities";
import type { ClusterPlan } from "../plan";
import type { Config } from "../schema/config";
import { mountOf } from "./mounts";
import { accessName } from "./policies";
import { roleName, rolesOf } from "./roles";

/** What the server reports about itself (https://openbao.org/api-docs/system/health/), or why there is no answer. */
export type Health =
  | { readonly status: number; readonly serverTime: number | undefined }
  | { readonly failure: string; readonly isTrust: boolean };

/** Lookup of the token: status code, and seconds until it expires; 0: it does not. */
export interface Token {
  readonly status: number;
  readonly ttl: number;
}

/** Certificates are dated back by 30 s: with a larger difference a node could reject them as not yet valid. */
const SKEW_SECONDS = 30;

/** An `up` takes longer than that. */
const TOKEN_LEAST_SECONDS = 120;

/** Status codes of the health answer that stop a run; a standby forwards requests to the active server. */
const UNFIT: Readonly<Record<number, string>> = {
  472: "is a standby of another site and signs nothing; name the primary cluster's address",
  501: "is not initialised; initialise it (bao operator init), then run again",
  503: "is sealed; unseal it (bao operator unseal), then run again",
};

/** @param now unix seconds here, when the answer came */
export const healthProblem = (address: string, health: Health, now: number): string | undefined => {
  if ("failure" in health)
    return health.isTrust
      ? `VAULT_CACERT: ${address} presents a certificate that is not trusted here (${health.failure}); set it to the file of the CA`
      : `authority.vault.address: ${address} does not answer (${health.failure}); check the address and the network between here and there`;
  const unfit = UNFIT[health.status];
  if (unfit !== undefined) return `authority.vault.address: ${address} ${unfit}`;
  if (health.serverTime === undefined)
    return `authority.vault.address: ${address} is not Vault or OpenBao: it answered ${String(health.status)} without a time; check the address`;
  const ahead = health.serverTime - now;
  return Math.abs(ahead) <= SKEW_SECONDS
    ? undefined
    : `authority.vault.address: the clock of ${address} is ${String(Math.abs(ahead))} s ${ahead > 0 ? "ahead of" : "behind"} this machine's; ` +
        "nodes would reject the certificates as not yet valid or expired: set both clocks by NTP";
};

export const tokenProblem = (token: Token | undefined): string | undefined => {
  if (token === undefined) return "VAULT_TOKEN: not set; must be a token of that server; log in (docs/vault.md)";
  if (token.status === 403)
    return (
      "VAULT_TOKEN: refused by the server: expired, revoked, issued by another server, or without auth/token/lookup-self in " +
      "its policies; log in again"
    );
  return token.status === 200 && token.ttl > 0 && token.ttl < TOKEN_LEAST_SECONDS
    ? `VAULT_TOKEN: expires in ${String(token.ttl)} s, before this run would end; log in again`
    : undefined;
};

/** URNs of the resources for which the plugin asks the server in every preview. */
export const NEEDS_SERVER = "**SecretBackend*Cert**";

/** A preview can continue without the server if these resources are excluded. */
export const previewWarning = (problem: string): string =>
  `${problem}. To preview what needs no server: pulumi preview --exclude '${NEEDS_SERVER}'`;

/** A role that signs now. */
export interface SigningRole {
  readonly mount: string;
  readonly name: string;
  /** What it is asked for. */
  readonly validitySeconds: number;
}

/** The roles that a run which renews signs with. */
export const signingRoles = (config: Config, plan: ClusterPlan, now: Date): SigningRole[] =>
  signingCas(config, plan, now).flatMap(({ authority, generation, mount }) =>
    rolesOf(plan, planClients(config, now), authority).map(({ role, validitySeconds }) => ({
      mount,
      name: roleName(role, generation),
      validitySeconds,
    })),
  );

/** The paths of signing and of the role itself. */
export const signPath = ({ mount, name }: SigningRole): string => `${mount}/sign/${name}`;
export const rolePath = ({ mount, name }: SigningRole): string => `${mount}/roles/${name}`;

/** @param denied paths of signing that the token may not write to */
export const capabilityProblem = (config: Config, denied: readonly string[]): string | undefined => {
  const [first, ...more] = denied;
  if (first === undefined) return undefined;
  const others = more.length === 0 ? "" : ` and ${String(more.length)} more`;
  return `VAULT_TOKEN: its policies do not allow writing to ${first}${others}; use a token with the policy ${accessName(config, "renew")} (docs/vault.md)`;
};

/** An issuer of this phase that is in Vault. */
export interface SigningCa {
  readonly authority: AuthorityName;
  readonly generation: number;
  readonly mount: string;
  /** Its name in the mount. */
  readonly issuer: string;
  /** The longest validity that it has to sign. */
  readonly longestSeconds: number;
  /** The names in the certificates that it is to sign. */
  readonly sans: () => readonly San[];
}

export const signingCas = (config: Config, plan: ClusterPlan, now: Date): SigningCa[] =>
  ownCas(config).flatMap((authority) => {
    const generation = issuerOf(stateOf(config, authority));
    const mount = generation > 0 ? mountOf(config, authority, generation) : undefined;
    const roles = rolesOf(plan, planClients(config, now), authority);
    return mount === undefined
      ? []
      : [
          {
            authority,
            generation,
            mount: mount.path,
            issuer: authorityCommonName(config.cluster.name, authority, generation),
            longestSeconds: Math.max(0, ...roles.map(({ validitySeconds }) => validitySeconds)),
            sans: () =>
              plan.nodes
                .flatMap(({ leaves }) => leaves)
                .flatMap((leaf) => (leaf.authority === authority ? leaf.sans : [])),
          },
        ];
  });

/** @param pem the certificate that the mount has by that name */
export const caProblem = ({ authority, mount, issuer, sans }: SigningCa, pem: string, config: Config, now: Date) => {
  const ca = new X509Certificate(pem);
  const [has, wants] = [fingerprintOf(ca), config.authority.vault?.fingerprints?.[authority]];
  if (wants !== undefined && has !== wants)
    return (
      `authority.vault.fingerprints.${authority}: ${issuer} in ${mount} has fingerprint ${has}; must be ${wants}; it belongs to ` +
      "another cluster or was created again: check authority.vault.address and the mount"
    );
  return new Date(ca.validTo) <= now
    ? `authority.${authority}: ${issuer} in ${mount} expired ${momentText(new Date(ca.validTo))} and cannot sign; rotate it (docs/rotation.md)`
    : unusable("ca", `authority.${authority}: ${issuer} in ${mount}`, { certificate: ca, authority, sans })[0];
};

/** A later renewal would outlive the CA: the server refuses to sign that, so the CA has to be rotated before. */
export const caWarning = ({ authority, mount, issuer, longestSeconds }: SigningCa, pem: string, now: Date) => {
  const ends = new Date(new X509Certificate(pem).validTo);
  const left = Math.floor((ends.getTime() - now.getTime()) / 1000);
  return left >= longestSeconds
    ? undefined
    : `authority.${authority}: ${issuer} in ${mount} expires ${momentText(ends)}, in ${formatDuration(left - (left % 60))}, and cannot ` +
        `sign for ${formatDuration(longestSeconds)} any more; rotate it (docs/rotation.md), or set a shorter certificates.validity`;
};

/**
 * The stack sets its roles itself, so one that is too short is a problem only to a token that may not.
 *
 * @param maxSeconds what the role allows at most; 0: as much as its mount
 */
export const roleProblem = (role: SigningRole, maxSeconds: number): string | undefined =>
  maxSeconds === 0 || maxSeconds >= role.validitySeconds
    ? undefined
    : `certificates.validity: ${formatDuration(role.validitySeconds)}, but ${rolePath(role)} allows ${formatDuration(maxSeconds)} and ` +
      "this token may not change that; run once with a token of the rotate policy (docs/vault.md)";

const IN_CLUSTER = /\.svc$|\.svc\.|\.cluster\.local$/;

/** Repairing a cluster must not depend on a server that runs inside it. */
export const dependenceWarning = ({ authority, cluster, nodes }: Config): string | undefined => {
  if (authority.vault === undefined) return undefined;
  const { hostname } = new URL(authority.vault.address);
  const host = hostname.replace(/^\[|\]$/g, "");
  const own = [cluster.endpoint.replace(/:\d+$/, ""), ...nodes.flatMap(({ name, address }) => [name, address])];
  return IN_CLUSTER.test(host) || own.includes(host)
    ? `authority.vault.address: ${host} is inside the cluster whose PKI it holds; must be outside; with the cluster down no certificate could be renewed, and a rotation restarts what the server depends on`
    : undefined;
};
