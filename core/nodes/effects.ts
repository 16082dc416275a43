import { kubernetesMinor } from "../format/kubernetesVersion";
import type { ConsumerRow, FileRow } from "../layouts/layout";
import type { Config, NodeConfig } from "../schema/config";
import { becauseOf, consumerOf, needsRestartOnRemoval, needOf, type Need } from "../model/reload";
import { readersOn } from "./readers";

/** A node and the services of its layout that run there. */
interface ServicesOnNode {
  readonly node: NodeConfig;
  readonly consumers: readonly ConsumerRow[];
}

/** What a change of one file does to one service. */
export interface Effect {
  /** A service of the layout, or a program that the stack file lists under rollout.readers. */
  readonly consumer: string;
  readonly need: Need;
  readonly because: string;
}

/** Whether a service restarts or reloads, and the reasons, each once. */
export interface ServiceEffect {
  readonly need: Need;
  readonly because: readonly string[];
}

export type Effects = ReadonlyMap<string, ServiceEffect>;

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

/** Whether a change only removes trust. */
export type Change = "any" | "removal";

/** What a change of this file asks of the services and other readers that run on this node. */
export const effectsOf = (row: FileRow, plan: ServicesOnNode, config: Config, change: Change = "any"): Effect[] => [
  ...onServices(row, plan, config, change),
  ...onReaders(row, plan, config, change),
];

/** Nobody knows what they do when a file changes; whom they trust too much in memory is no matter. */
const onReaders = ({ path }: FileRow, { node }: ServicesOnNode, config: Config, change: Change): Effect[] => {
  const need = needUnder(config.restart, "restart");
  if (need === undefined || (change === "removal" && config.restart !== "always")) return [];
  return readersOn(node, config)
    .filter(({ reads }) => reads.includes(path))
    .map(({ name }) => ({ consumer: name, need, because: `it reads ${path}` }));
};

const onServices = (row: FileRow, plan: ServicesOnNode, config: Config, change: Change): Effect[] => {
  const minor = kubernetesMinor(config);
  const here = new Set(plan.consumers.map(({ name }) => name));
  return row.uses.flatMap((input) => {
    const consumer = consumerOf(input);
    if (change === "removal" && config.restart !== "always" && !needsRestartOnRemoval(input, minor)) return [];
    const need = needUnder(config.restart, needOf(input, minor));
    if (need === undefined || !here.has(consumer)) return [];
    const isPolicy = need !== needOf(input, minor);
    return [{ consumer, need, because: isPolicy ? `restart: ${config.restart}` : becauseOf(input, minor) }];
  });
};

/** What it does to a node's services when these files change: each service once, a restart before a reload. */
export const nodeEffects = (
  rows: readonly FileRow[],
  plan: ServicesOnNode,
  config: Config,
  change: Change = "any",
): Effects => {
  const effects = new Map<string, ServiceEffect>();
  for (const { consumer, need, because } of rows.flatMap((row) => effectsOf(row, plan, config, change))) {
    const known = effects.get(consumer);
    if (known === undefined || (known.need !== need && need === "restart"))
      effects.set(consumer, { need, because: [because] });
    else if (known.need === need && !known.because.includes(because))
      effects.set(consumer, { need, because: [...known.because, because] });
  }
  return effects;
};

/** Those of them that restart, each with its reasons: "kubelet (its transport is built once at start)". */
export const restartTexts = (effects: Effects): string[] =>
  [...effects].flatMap(([name, { need, because }]) => (need === "restart" ? [`${name} (${because.join("; ")})`] : []));

/** For a preview. */
export const restartsText = (effects: Effects, plan: ServicesOnNode): string => {
  const texts = restartTexts(effects);
  if (texts.length === 0) return "restarts nothing";
  return `restarts ${texts.join(", ")}${plan.node.joining ? " where they run already" : ""}`;
};
