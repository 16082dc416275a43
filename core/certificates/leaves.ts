/** The leaf certificates of a node: what each says, and when it is renewed. */
import { issuerOf, stateOf } from "../authorities/rotation";
import type { San } from "../format/addresses";
import type { Algorithm } from "../model/algorithms";
import type { AuthorityName } from "../model/authorities";
import type { ProfileName } from "../model/profiles";
import type { Config, NodeConfig } from "../schema/config";
import { leafId } from "./leafId";
import { profileIn } from "./inventory";
import { leafPolicy } from "./leafPolicy";
import { renewalAt, type Renewal } from "./renewalClock";

/** One certificate one node gets. */
export interface LeafPlan {
  readonly profile: ProfileName;
  readonly authority: AuthorityName;
  /** Of the authority that signs. */
  readonly generation: number;
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly sans: readonly San[];
  readonly usages: readonly ("server" | "client")[];
  readonly algorithm: Algorithm;
  readonly validitySeconds: number;
  readonly renewal: Renewal;
  /** Names key and certificate together: a new id is a new key and a new certificate. */
  readonly id: string;
}

/** Leaves that renew together, so that one step on the node makes all their keys. */
export interface LeafGroup {
  /** Undefined for the leaves that follow the general policy, else the profile that has its own. */
  readonly name: ProfileName | undefined;
  readonly leaves: readonly LeafPlan[];
}

export const issuedTo = (node: NodeConfig, profile: ProfileName, config: Config, now: Date): LeafPlan => {
  const row = profileIn(profile, config);
  const policy = leafPolicy(config, profile);
  const renewal = renewalAt(now, clockName(node, profile, config), policy.renewEverySeconds);
  const what = {
    profile,
    authority: row.authority,
    commonName: row.commonName(node),
    organizations: policy.organizations ?? row.organizations(config),
    sans: row.sans(node, config),
    usages: row.usages,
    algorithm: policy.algorithm,
    validitySeconds: policy.validitySeconds,
  };
  const generation = issuerOf(stateOf(config, row.authority));
  return { ...what, renewal, generation, id: leafId(renewal, what, generation) };
};

const hasOwnPolicy = (profile: ProfileName, config: Config): boolean => {
  const own = config.certificates.profiles[profile];
  return (own?.validitySeconds ?? own?.renewBeforeSeconds ?? own?.renewEverySeconds) !== undefined;
};

/** All leaves of a node that follow the general policy renew together: one step on the node, one set of restarts. */
const clockName = (node: NodeConfig, profile: ProfileName, config: Config): string =>
  [config.cluster.name, node.name, ...(hasOwnPolicy(profile, config) ? [profile] : [])].join("/");

export const groupsOf = (leaves: readonly LeafPlan[], config: Config): LeafGroup[] => {
  const own = leaves.filter(({ profile }) => hasOwnPolicy(profile, config));
  const general = leaves.filter((leaf) => !own.includes(leaf));
  return [
    ...(general.length > 0 ? [{ name: undefined, leaves: general }] : []),
    ...own.map((leaf) => ({ name: leaf.profile, leaves: [leaf] })),
  ];
};
