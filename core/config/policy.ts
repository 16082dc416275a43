import type { ProfileName } from "../profileNames";
import type { Algorithm, CertificatesConfig, Config, NodeConfig } from "./normalise";
import { defaultRenewEvery } from "./normalise";

/** What holds for one profile's certificates. */
export interface LeafPolicy {
  readonly enabled: boolean;
  readonly validitySeconds: number;
  readonly renewEverySeconds: number;
  readonly algorithm: Algorithm;
  /** Given in place of the inventory's. */
  readonly organizations: readonly string[] | undefined;
}

/**
 * The policy of one profile: its own fields, else the general ones, else two thirds of its validity as renewal period.
 */
export function leafPolicy(config: { readonly certificates: CertificatesConfig }, profile: ProfileName): LeafPolicy {
  const { certificates } = config;
  const own = certificates.profiles[profile];
  const validitySeconds = own?.validitySeconds ?? certificates.validitySeconds;
  return {
    enabled: own?.enabled ?? true,
    validitySeconds,
    renewEverySeconds: renewEvery(certificates, own, validitySeconds),
    algorithm: own?.algorithm ?? certificates.algorithm,
    organizations: own?.organizations,
  };
}

function renewEvery(
  general: CertificatesConfig,
  own: CertificatesConfig["profiles"][ProfileName],
  validitySeconds: number,
): number {
  if (own?.renewEverySeconds !== undefined) return own.renewEverySeconds;
  if (own?.renewBeforeSeconds !== undefined) return validitySeconds - own.renewBeforeSeconds;
  if (general.renewBeforeSeconds !== undefined) return validitySeconds - general.renewBeforeSeconds;
  return general.renewalIsDefault ? defaultRenewEvery(validitySeconds) : general.renewEverySeconds;
}

/** A user's certificate: its own validity, else the general one, renewed as everything is. */
export function userPolicy(
  { certificates }: { readonly certificates: CertificatesConfig },
  { validity }: { readonly validity?: number | undefined },
): Pick<LeafPolicy, "validitySeconds" | "renewEverySeconds"> {
  const validitySeconds = validity ?? certificates.validitySeconds;
  return { validitySeconds, renewEverySeconds: renewEvery(certificates, undefined, validitySeconds) };
}

/** Where and how ssh reaches a node. */
export interface NodeConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absent only with `ssh.insecureIgnoreHostKeys`. */
  readonly hostKey: string | undefined;
  readonly sudo: boolean;
}

export function nodeConnection({ ssh }: Pick<Config, "ssh">, node: NodeConfig): NodeConnection {
  return {
    host: node.ssh?.host ?? node.address,
    port: node.ssh?.port ?? ssh.port,
    user: node.ssh?.user ?? ssh.user,
    hostKey: node.ssh?.hostKey,
    sudo: ssh.sudo,
  };
}
