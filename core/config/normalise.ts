import { defaultRenewEvery } from "../certificates/leafPolicy";
import { mapAuthorities, type AuthorityName } from "../model/authorities";
import { DEFAULT_BACKEND, type BackendKind, type Backends } from "../model/backends";
import { withEtcd } from "../nodes/topology";
import type { GivenCa, AuthoritySection, Config, CertificatesConfig } from "../schema/config";
import type { Sections } from "../schema/sections";
import { rotationAsOf } from "./generations";

/** One for all authorities, or one for each that is named. */
const ofOne = <T extends string | number>(
  given: T | Readonly<Partial<Record<AuthorityName, T | undefined>>>,
  name: AuthorityName,
  otherwise: T,
): T => (typeof given === "object" ? (given[name] ?? otherwise) : given);

/** Where the generations of one authority are made, the oldest first. */
export const backendsOf = (
  { kind, vault, signedBy, earlier }: Pick<AuthoritySection, "kind" | "vault" | "signedBy" | "earlier">,
  name: AuthorityName,
): Backends => [
  ...earlier.map((each) => ({
    kind: ofOne<BackendKind>(each.kind, name, DEFAULT_BACKEND),
    mount: each.vault?.mounts?.[name],
    signedBy: each.signedBy,
    upTo: ofOne<number>(each.generations, name, 0),
  })),
  { kind: ofOne<BackendKind>(kind, name, DEFAULT_BACKEND), mount: vault?.mounts?.[name], signedBy },
];

const givenCa = (given: Sections["authority"]["kubernetes"]): GivenCa | undefined =>
  given?.certificate === undefined || given.key === undefined
    ? undefined
    : { certificate: given.certificate, key: given.key };

const certificatesOf = (given: Sections["certificates"]): CertificatesConfig => ({
  validitySeconds: given.validity,
  renewBeforeSeconds: given.renewBefore,
  renewEverySeconds:
    given.renewEvery ??
    (given.renewBefore === undefined ? defaultRenewEvery(given.validity) : given.validity - given.renewBefore),
  renewalIsDefault: given.renewEvery === undefined && given.renewBefore === undefined,
  algorithm: given.algorithm,
  keyLocation: given.keyLocation,
  profiles: Object.fromEntries(
    Object.entries(given.profiles).flatMap(([name, profile]) =>
      profile === undefined
        ? []
        : [
            [
              name,
              {
                enabled: profile.enabled,
                validitySeconds: profile.validity,
                renewBeforeSeconds: profile.renewBefore,
                renewEverySeconds: profile.renewEvery,
                algorithm: profile.algorithm,
                organizations: profile.organizations,
              },
            ],
          ],
    ),
  ),
});

/** Fills in what follows from the rest. The sections have passed every check. */
export function normalised(sections: Sections, now: Date): Config {
  const { authority, rotation, ...rest } = sections;
  return {
    ...rest,
    asOf: now,
    nodes: withEtcd(sections.nodes),
    authority: {
      backends: mapAuthorities((name) => backendsOf(authority, name)),
      signed: mapAuthorities((name) => authority.signed?.[name] ?? {}),
      requests: authority.requests,
      csrSigner: authority.csrSigner,
      vault: authority.vault,
      algorithm: authority.algorithm,
      validitySeconds: authority.validity,
      kubernetes: givenCa(authority.kubernetes),
      etcd: givenCa(authority.etcd),
      frontProxy: givenCa(authority.frontProxy),
      serviceAccount: authority.serviceAccount,
    },
    certificates: certificatesOf(sections.certificates),
    ...(rotation && { rotation: rotationAsOf({ ...sections, rotation }, now) }),
  };
}
