/** How long the certificates of a profile live, how often they are renewed, with which keys. */
import type { Algorithm } from "../model/algorithms";
import type { ProfileName } from "../model/profiles";
import type { CertificatesConfig } from "../schema/config";

/** What holds for one profile's certificates. */
export interface LeafPolicy {
  readonly enabled: boolean;
  readonly validitySeconds: number;
  readonly renewEverySeconds: number;
  readonly algorithm: Algorithm;
  /** Given in place of the inventory's. */
  readonly organizations: readonly string[] | undefined;
  /** What a certificate in place may have that ours lack. */
  readonly allowLoss: readonly string[];
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
    allowLoss: own?.allowLoss ?? [],
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

/** Two thirds, as cert-manager and step-ca do: a third of the lifetime is left for failures to be noticed. */
export const defaultRenewEvery = (validitySeconds: number): number => Math.floor((validitySeconds * 2) / 3);
