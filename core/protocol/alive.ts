/** Writes the payload of the verb `alive` (docs/node-protocol.md): where that of a node's certificates lie which may have ended. */
import { listensAt } from "../nodes/proofs";
import { profileOf } from "../layouts/layout";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { as, framed, leafRows } from "./lines";
import { caPart } from "./parts";

const LEAF_KINDS: ReadonlySet<string> = new Set(["certificate", "link", "kubeconfig"]);

/** @param round what is about to be laid on all nodes: where that changes they are asked anew */
export const alivePayload = (plan: NodePlan, config: Config, round: string): string => {
  const leaves = leafRows(plan, config).flatMap((row) =>
    LEAF_KINDS.has(row.content.kind) ? profileOf(row).map((profile) => [profile, row.path] as const) : [],
  );
  const first = leaves.filter(([profile], at) => leaves.findIndex(([each]) => each === profile) === at);
  return framed("alive", [
    `node ${as.name(plan.node.name)}`,
    `round ${as.name(round)}`,
    ...first.map(([profile, path]) => `leaf ${profile} ${as.path(path)}`),
    ...plan.known.flatMap(({ path, content }) =>
      content.kind === "ca" ? [`authority ${caPart(content.authority)} ${as.path(path)}`] : [],
    ),
    ...config.nodes
      .filter(({ roles }) => roles.includes("control-plane"))
      .map((node) => `api ${as.hostPort(listensAt(plan.listeners.apiServer, node))}`),
  ]);
};
