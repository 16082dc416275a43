/** A stack's configuration as the rest of the code gets it: every default filled in, everything checked (core/config/). */
import type { Span } from "../format/duration";
import type { Algorithm } from "../model/algorithms";
import type { AuthorityName } from "../model/authorities";
import type { Backends } from "../model/backends";
import type { RotationState, Rotatable } from "../model/phases";
import type { SectionKind } from "./authority";
import type { Sections } from "./sections";

export type Rotation = NonNullable<Sections["rotation"]>;

/** Generation and phase of each of them. */
export type RotationConfig = Readonly<Record<Rotatable, RotationState>> & {
  readonly force: Rotation["force"];
  readonly retiredKeys: Rotation["retiredKeys"];
  /** The least time between phases; absent: none. */
  readonly soakSeconds?: number | undefined;
  /** With rotateEvery: generations come from the clock, so a run may have missed some. */
  readonly byClock: boolean;
};

export type NodeConfig = Sections["nodes"][number];
export type Workload = Sections["inCluster"]["reload"][number];
export type CaBundle = Sections["inCluster"]["caBundles"][number];

/** An existing CA of the cluster, whose certificate and key belong together (checked). */
export interface ExistingCa {
  readonly certificate: string;
  readonly key: string;
}

export type AuthoritySection = Sections["authority"];

/** What `parseConfig` returns: every default filled in, everything checked. */
export type Config = Omit<Sections, "asOf" | "authority" | "certificates" | "rotation"> & {
  /** The time that everything is planned for: renewals, and generations with rotateEvery. */
  readonly asOf: Date;
  readonly authority: Pick<
    AuthoritySection,
    "algorithm" | "requests" | "serviceAccount" | "csrSigner" | "oneCa" | SectionKind
  > & {
    readonly backends: Readonly<Record<AuthorityName, Backends>>;
    /** The certificates that an offline CA signed: PEM by generation. */
    readonly signed: Readonly<Record<AuthorityName, Readonly<Record<string, string>>>>;
    readonly validitySeconds: number;
    readonly kubernetes?: ExistingCa | undefined;
    readonly etcd?: ExistingCa | undefined;
    readonly frontProxy?: ExistingCa | undefined;
  };
  readonly certificates: CertificatesConfig;
  /** Absent: the stack has no steps that change trust. */
  readonly rotation?: RotationConfig | undefined;
};

interface Lifetime {
  readonly validitySeconds?: number | undefined;
  readonly renewBefore?: Span | undefined;
  readonly renewEverySeconds?: number | undefined;
}

export interface CertificatesConfig {
  readonly validitySeconds: number;
  readonly renewBefore?: Span | undefined;
  /** Given, or two thirds of the validity; `leafPolicy` says what holds for one profile. */
  readonly renewEverySeconds: number;
  /** True when neither renewBefore nor renewEvery was given. */
  readonly renewalIsDefault: boolean;
  readonly algorithm: Algorithm;
  readonly keyLocation: "node" | "state";
  readonly profiles: Partial<Record<keyof Sections["certificates"]["profiles"], ProfileConfig>>;
  /** When single certificates are asked for beside the clock: by node, `-` for none, and by certificate. */
  readonly renewAt: Readonly<Record<string, Readonly<Record<string, Date>>>>;
  /** The user's own, by their names in the stack file. */
  readonly own: Readonly<Record<string, OwnConfig>>;
}

/** What is said of a single certificate. */
export interface SingleConfig extends Lifetime {
  readonly allowLoss?: readonly string[] | undefined;
  readonly algorithm?: Algorithm | undefined;
}

export interface ProfileConfig extends SingleConfig {
  readonly enabled: boolean;
  /** One for all nodes, or by a node's name or role. */
  readonly commonName?: string | Readonly<Record<string, string>> | undefined;
  readonly organizations?: readonly string[] | undefined;
  readonly privileged?: boolean | undefined;
}

type OwnSection = Sections["certificates"]["own"][string];

export type OwnConfig = SingleConfig & Omit<OwnSection, "validity" | "renewBefore" | "renewEvery">;
