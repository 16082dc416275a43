import type { ClientPlan } from "../certificates/clients";
import { NO_NODE, userLeaf } from "../certificates/renewAt";
import type { Renewal } from "../certificates/renewalClock";
import { clientName, heldIn, kubeconfigsName, leafName, nodeName } from "../certificates/resourceNames";
import type { ClusterPlan } from "../plan";
import type { CertificateRow } from "./report";

/** A certificate as reports name it. */
export interface NamedLeaf extends Pick<CertificateRow, "node" | "certificate"> {
  readonly renewal: Renewal;
}

/** Every certificate of a stack by the name of its resource. */
export const leafResources = (
  base: string,
  plan: ClusterPlan,
  clients: readonly ClientPlan[],
): ReadonlyMap<string, NamedLeaf> =>
  new Map([
    ...plan.nodes.flatMap(({ node, leaves }) =>
      leaves.map(({ profile, renewal }): [string, NamedLeaf] => [
        leafName(nodeName(base, node.name), profile),
        { node: node.name, certificate: profile, renewal },
      ]),
    ),
    ...plan.held.map(({ profile, renewal }): [string, NamedLeaf] => [
      leafName(heldIn(base), profile),
      { node: NO_NODE, certificate: profile, renewal },
    ]),
    ...clients.map(({ name, renewal }): [string, NamedLeaf] => [
      clientName(kubeconfigsName(base), name),
      { node: NO_NODE, certificate: userLeaf(name), renewal },
    ]),
  ]);
