import { kubernetesMinor } from "../format/kubernetesVersion";
import type { Config, NodeConfig } from "../schema/config";
import type { ConsumerRow, FileRow } from "./layout";
import { consumerOf, mindsRemoval, needOf, type ConsumerName, type Need } from "./reload";

/** A node and the services of its layout that run there. */
interface ServicesOnNode {
  readonly node: NodeConfig;
  readonly consumers: readonly ConsumerRow[];
}

/** What a change of one file does to one service. */
export interface Effect {
  readonly consumer: ConsumerName;
  readonly need: Need;
}

/** The stack's restart policy applied to what a consumer needs; undefined: nothing is done. */
const needUnder = (policy: Config["restart"], need: Need): Need | undefined => {
  switch (policy) {
    case "auto":
      return need;
    case "always":
      return "restart";
    case "never":
      return need === "restart" ? undefined : need;
  }
};

/** Whether a change only takes trust away. */
export type Change = "any" | "removal";

/** What a change of this file asks of the services that run on this node. */
export const effectsOf = (row: FileRow, plan: ServicesOnNode, config: Config, change: Change = "any"): Effect[] => {
  const minor = kubernetesMinor(config);
  const here = new Set(plan.consumers.map(({ name }) => name));
  return row.uses.flatMap((input) => {
    const consumer = consumerOf(input);
    if (change === "removal" && config.restart !== "always" && !mindsRemoval(input)) return [];
    const need = needUnder(config.restart, needOf(input, minor));
    return need === undefined || !here.has(consumer) ? [] : [{ consumer, need }];
  });
};

/** What it does to a node's services when these files change: each service once, a restart before a reload. */
export const nodeEffects = (
  rows: readonly FileRow[],
  plan: ServicesOnNode,
  config: Config,
  change: Change = "any",
): Map<ConsumerName, Need> => {
  const needs = new Map<ConsumerName, Need>();
  for (const { consumer, need } of rows.flatMap((row) => effectsOf(row, plan, config, change)))
    if (needs.get(consumer) !== "restart") needs.set(consumer, need);
  return needs;
};

/** What a preview says of them. */
export const restartsText = (needs: ReadonlyMap<ConsumerName, Need>, plan: ServicesOnNode): string => {
  const names = [...needs].flatMap(([name, need]) => (need === "restart" ? [name] : []));
  if (names.length === 0) return "restarts nothing";
  return `restarts ${names.join(", ")}${plan.node.bare ? " where they run already" : ""}`;
};
