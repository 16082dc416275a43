/** The steps that nodes are visited for after their keys were made, in order; a step's name ends its resource's name. */
import type { Effects } from "../nodes/effects";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { tokensEffects } from "./tokens";
import { trustEffects } from "./trust";

interface StepRow {
  /** What the node script is asked for (docs/node-protocol.md). */
  readonly verb: "apply" | "trust" | "check";
  /** What it does to a node's services where it finds something to change; `apply`'s follow from the leaves that are due. */
  readonly effects: (cluster: ClusterPlan, plan: NodePlan, config: Config) => Effects;
}

const NONE: Effects = new Map();

export const NODE_STEPS = {
  trust: { verb: "trust", effects: (...on) => trustEffects("trust", ...on) },
  mounts: { verb: "check", effects: () => NONE },
  apply: { verb: "apply", effects: () => NONE },
  tokens: { verb: "check", effects: (_cluster, plan) => tokensEffects(plan) },
  check: { verb: "check", effects: () => NONE },
  retire: { verb: "trust", effects: (...on) => trustEffects("retire", ...on) },
} as const satisfies Readonly<Record<string, StepRow>>;

export type NodeStep = keyof typeof NODE_STEPS;
export const NODE_STEP_NAMES = Object.keys(NODE_STEPS) as NodeStep[];
