/**
 * The client certificates that no node holds: the stack's own administrator, with whose credentials it works in the
 * cluster, and the users of the stack file. Their keys are in the stack's state, their kubeconfigs its output.
 */
import { ADMIN } from "../model/profiles";
import { canSign, issuerOf, stateOf } from "../authorities/rotation";
import type { Config } from "../schema/config";
import { leafId } from "./leafId";
import { profileRow } from "./inventory";
import { leafPolicy, userPolicy } from "./leafPolicy";
import type { LeafPlan } from "./leaves";
import { askedFor, NO_NODE, userLeaf } from "./renewAt";
import { renewalAt, renewedAt } from "./renewalClock";

/** One client certificate; as a leaf of a node, without a node. */
export interface ClientPlan extends Omit<LeafPlan, "profile"> {
  /** Key of the output `kubeconfigs`, and user of the kubeconfig. */
  readonly name: string;
}

type Subject = Pick<ClientPlan, "name" | "commonName" | "organizations" | "algorithm" | "validitySeconds">;

const adminSubject = (config: Config): Subject & { readonly renewEverySeconds: number } => {
  const { algorithm, validitySeconds, renewEverySeconds } = leafPolicy(config, "admin");
  const { commonName, organizations } = profileRow("admin", config);
  const [anyNode] = config.nodes;
  if (anyNode === undefined) throw new Error("nodes: an empty list; must be a list of at least one node");
  return {
    name: ADMIN,
    commonName: commonName(anyNode), // the same on every node (core/config/checks/subjects.ts)
    organizations: organizations(config),
    algorithm,
    validitySeconds,
    renewEverySeconds,
  };
};

const userSubjects = (config: Config): (Subject & { readonly renewEverySeconds: number })[] =>
  config.users.map((user) => ({
    name: user.name,
    commonName: user.name,
    organizations: user.organizations,
    algorithm: config.certificates.algorithm,
    ...userPolicy(config, user),
  }));

/** Whether the stack has an administrator of its own: for the output `kubeconfigs`, or for its work in the cluster. */
const hasAdmin = (config: Config): boolean =>
  config.inCluster.user === undefined && (leafPolicy(config, "admin").enabled || config.inCluster.enabled);

/** None while an adopted CA still signs: the stack does not have its key. */
export const planClients = (config: Config, now: Date): ClientPlan[] => {
  if (!canSign(config, "kubernetes")) return [];
  const generation = issuerOf(stateOf(config, "kubernetes"));
  const subjects = [...(hasAdmin(config) ? [adminSubject(config)] : []), ...userSubjects(config)];
  return subjects.map(({ renewEverySeconds, ...subject }) => {
    const clock = renewalAt(now, `${config.cluster.name}/kubeconfigs/${subject.name}`, renewEverySeconds);
    const renewal = renewedAt(clock, askedFor(config, NO_NODE, userLeaf(subject.name)), now);
    const what = { ...subject, authority: "kubernetes", usages: ["client"], sans: [] } as const;
    return { ...what, renewal, generation, id: leafId(renewal, what, generation) };
  });
};

/** Whether its kubeconfig is in the output: the administrator's only if the stack manages that profile. */
export const isPublished = ({ name }: Pick<ClientPlan, "name">, config: Config): boolean =>
  name !== ADMIN || leafPolicy(config, "admin").enabled;
