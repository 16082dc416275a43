/** How long the certificates of a profile live, how often they are renewed, with which keys. */
import { secondsOf } from "../format/duration";
import type { Algorithm } from "../model/algorithms";
import { isProfile, ownNameOf, type LeafName } from "../model/profiles";
import type { CertificatesConfig, SingleConfig } from "../schema/config";

/** What holds for one profile's certificates. */
export interface LeafPolicy {
  readonly enabled: boolean;
  readonly validitySeconds: number;
  readonly renewEverySeconds: number;
  readonly algorithm: Algorithm;
  /** What a certificate in place may have that ours lack. */
  readonly allowLoss: readonly string[];
}

/**
 * The policy of one profile: its own fields, else the general ones, else two thirds of its validity as renewal period.
 */
export function leafPolicy(config: { readonly certificates: CertificatesConfig }, leaf: LeafName): LeafPolicy {
  const { certificates } = config;
  const own = singleConfig(certificates, leaf);
  const profile = isProfile(leaf) ? certificates.profiles[leaf] : undefined;
  const validitySeconds = own?.validitySeconds ?? certificates.validitySeconds;
  return {
    enabled: profile?.enabled ?? true,
    validitySeconds,
    renewEverySeconds: renewEvery(certificates, own, validitySeconds),
    algorithm: own?.algorithm ?? certificates.algorithm,
    allowLoss: own?.allowLoss ?? [],
  };
}

const singleConfig = ({ profiles, own }: CertificatesConfig, leaf: LeafName): SingleConfig | undefined =>
  isProfile(leaf) ? profiles[leaf] : own[ownNameOf(leaf) ?? ""];

/** Whether it is renewed at times of its own. */
export const hasOwnClock = (
  { certificates }: { readonly certificates: CertificatesConfig },
  leaf: LeafName,
): boolean => {
  const own = singleConfig(certificates, leaf);
  return (own?.validitySeconds ?? own?.renewBefore ?? own?.renewEverySeconds) !== undefined;
};

function renewEvery(general: CertificatesConfig, own: SingleConfig | undefined, validitySeconds: number): number {
  if (own?.renewEverySeconds !== undefined) return own.renewEverySeconds;
  if (own?.renewBefore !== undefined) return validitySeconds - secondsOf(own.renewBefore, validitySeconds);
  if (general.renewBefore !== undefined) return validitySeconds - secondsOf(general.renewBefore, validitySeconds);
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
