/** The leaf certificates of a node: what each says, and when it is renewed. */
import { canSign, issuerOf, stateOf } from "../authorities/rotation";
import type { San } from "../format/addresses";
import type { Algorithm } from "../model/algorithms";
import type { AuthorityName } from "../model/authorities";
import { isProfile, ownName, type LeafName } from "../model/profiles";
import type { Config, NodeConfig } from "../schema/config";
import { leafId } from "./leafId";
import { profileRow } from "./inventory";
import { hasOwnClock, leafPolicy } from "./leafPolicy";
import { askedFor, NO_NODE } from "./renewAt";
import { renewalAt, renewedAt, type Renewal } from "./renewalClock";

/** One certificate one node gets, or an object of the cluster. */
export interface LeafPlan {
  readonly profile: LeafName;
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
  /** Undefined for the leaves that follow the general policy, else the one that has its own, or is the user's own. */
  readonly name: LeafName | undefined;
  readonly leaves: readonly LeafPlan[];
}

export const issuedTo = (node: NodeConfig, profile: LeafName, config: Config, now: Date): LeafPlan => {
  const at = askedFor(config, node.name, profile);
  return leafOf(node, profile, config, renewedAs(clockName(node, profile, config), profile, config, { now, at }));
};

interface Moments {
  readonly now: Date;
  /** When it is asked for beside the clock. */
  readonly at: Date | undefined;
}

const renewedAs = (name: string, profile: LeafName, config: Config, { now, at }: Moments): Renewal =>
  renewedAt(renewalAt(now, name, leafPolicy(config, profile).renewEverySeconds), at, now);

const leafOf = (node: NodeConfig, profile: LeafName, config: Config, renewal: Renewal): LeafPlan => {
  const row = profileRow(profile, config);
  const policy = leafPolicy(config, profile);
  const what = {
    profile,
    authority: row.authority,
    commonName: row.commonName(node),
    organizations: row.organizations(config),
    sans: row.sans(node, config),
    usages: row.usages,
    algorithm: policy.algorithm,
    validitySeconds: policy.validitySeconds,
  };
  const generation = issuerOf(stateOf(config, row.authority));
  return { ...what, renewal, generation, id: leafId(renewal, what, generation) };
};

/** All leaves of a node that follow the general policy renew together: one step on the node, one set of restarts. */
const clockName = (node: NodeConfig, profile: LeafName, config: Config): string =>
  [config.cluster.name, node.name, ...(hasOwnClock(config, profile) ? [profile] : [])].join("/");

/** The user's own that Secrets of the cluster hold; none of an authority that cannot sign in this phase. */
export const heldInCluster = (config: Config, now: Date): LeafPlan[] => {
  const [anyNode] = config.nodes;
  return Object.entries(config.certificates.own).flatMap(([name, { secret, authority }]) => {
    if (secret === undefined || anyNode === undefined || !canSign(config, authority)) return [];
    const leaf = ownName(name);
    // nothing of a node is in it (core/config/checks/own.ts)
    const moments = { now, at: askedFor(config, NO_NODE, leaf) };
    return [leafOf(anyNode, leaf, config, renewedAs(`${config.cluster.name}/${leaf}`, leaf, config, moments))];
  });
};

/**
 * The user's own have a step of their own each on the node: one that is added changes nothing of the others, and a preview
 * says so.
 */
export const groupsOf = (leaves: readonly LeafPlan[], config: Config): LeafGroup[] => {
  const own = leaves.filter(({ profile }) => !isProfile(profile) || hasOwnClock(config, profile));
  const general = leaves.filter((leaf) => !own.includes(leaf));
  return [
    ...(general.length > 0 ? [{ name: undefined, leaves: general }] : []),
    ...own.map((leaf) => ({ name: leaf.profile, leaves: [leaf] })),
  ];
};
