import { mapAuthorities, type AuthorityName } from "../authorities";
import type { BackendKind, Backends } from "../backends";
import type { RotationConfig } from "./generations";
import { rotationOf } from "./generations";
import type { ALGORITHMS, Sections } from "./schema";

export type Algorithm = (typeof ALGORITHMS)[number];
export type NodeConfig = Sections["nodes"][number];
export type Role = NodeConfig["roles"][number];
export type Workload = Sections["inCluster"]["reload"][number];
export type CaBundle = Sections["inCluster"]["caBundles"][number];

/** A CA that the cluster has already, certificate and key proven to belong together. */
export interface GivenCa {
  readonly certificate: string;
  readonly key: string;
}

type AuthoritySection = Sections["authority"];

/** One for all authorities, or one for each that is named. */
const ofOne = <T extends string | number>(
  given: T | Readonly<Partial<Record<AuthorityName, T | undefined>>>,
  name: AuthorityName,
  otherwise: T,
): T => (typeof given === "object" ? (given[name] ?? otherwise) : given);

/** Where the generations of one authority are made, the oldest first. */
export const backendsOf = (
  { kind, mounts, signedBy, earlier }: Pick<AuthoritySection, "kind" | "mounts" | "signedBy" | "earlier">,
  name: AuthorityName,
): Backends => [
  ...earlier.map((each) => ({
    kind: ofOne<BackendKind>(each.kind, name, "embedded"),
    mount: each.mounts?.[name],
    signedBy: each.signedBy,
    upTo: ofOne<number>(each.generations, name, 0),
  })),
  { kind: ofOne<BackendKind>(kind, name, "embedded"), mount: mounts?.[name], signedBy },
];

/** What `parseConfig` returns: every default filled in, everything checked. */
export type Config = Omit<Sections, "authority" | "certificates" | "rotation"> & {
  readonly authority: Pick<
    AuthoritySection,
    "address" | "approle" | "algorithm" | "fingerprints" | "requests" | "serviceAccount" | "signer"
  > & {
    readonly backends: Readonly<Record<AuthorityName, Backends>>;
    /** What an offline root signed: PEM by generation. */
    readonly signed: Readonly<Record<AuthorityName, Readonly<Record<string, string>>>>;
    readonly validitySeconds: number;
    readonly kubernetes?: GivenCa | undefined;
    readonly etcd?: GivenCa | undefined;
    readonly frontProxy?: GivenCa | undefined;
  };
  readonly certificates: CertificatesConfig;
  /** Absent: the stack has no steps that change trust. */
  readonly rotation?: RotationConfig | undefined;
};

interface Lifetime {
  readonly validitySeconds?: number | undefined;
  readonly renewBeforeSeconds?: number | undefined;
  readonly renewEverySeconds?: number | undefined;
}

export interface CertificatesConfig {
  readonly validitySeconds: number;
  readonly renewBeforeSeconds?: number | undefined;
  /** Given, or two thirds of the validity; `leafPolicy` says what holds for one profile. */
  readonly renewEverySeconds: number;
  /** True when neither renewBefore nor renewEvery was given. */
  readonly renewalIsDefault: boolean;
  readonly algorithm: Algorithm;
  readonly custody: "node" | "state";
  readonly profiles: Partial<Record<keyof Sections["certificates"]["profiles"], ProfileConfig>>;
}

export interface ProfileConfig extends Lifetime {
  readonly enabled: boolean;
  readonly organizations?: readonly string[] | undefined;
  readonly algorithm?: Algorithm | undefined;
}

/** Two thirds, as cert-manager and step-ca do: a third of the lifetime is left for failures to be noticed. */
export const defaultRenewEvery = (validitySeconds: number): number => Math.floor((validitySeconds * 2) / 3);

/** kubeadm's stacked default: without a node for etcd, the control planes run it. */
export const withEtcd = (nodes: readonly NodeConfig[]): NodeConfig[] =>
  nodes.some(({ roles }) => roles.includes("etcd"))
    ? [...nodes]
    : nodes.map((node) => (node.roles.includes("control-plane") ? { ...node, roles: [...node.roles, "etcd"] } : node));

/** Of these those that are in the cluster by now: all but the bare ones, or all where nothing else is there. */
export const joinedOf = (nodes: readonly NodeConfig[]): readonly NodeConfig[] => {
  const joined = nodes.filter(({ bare }) => !bare);
  return joined.length > 0 ? joined : nodes;
};

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
  custody: given.custody,
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
    nodes: withEtcd(sections.nodes),
    authority: {
      backends: mapAuthorities((name) => backendsOf(authority, name)),
      signed: mapAuthorities((name) => authority.signed?.[name] ?? {}),
      requests: authority.requests,
      signer: authority.signer,
      fingerprints: authority.fingerprints,
      address: authority.address,
      approle: authority.approle,
      algorithm: authority.algorithm,
      validitySeconds: authority.validity,
      kubernetes: givenCa(authority.kubernetes),
      etcd: givenCa(authority.etcd),
      frontProxy: givenCa(authority.frontProxy),
      serviceAccount: authority.serviceAccount,
    },
    certificates: certificatesOf(sections.certificates),
    ...(rotation && { rotation: rotationOf({ ...sections, rotation }, now) }),
  };
}
