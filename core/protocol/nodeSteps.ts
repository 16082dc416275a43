/** The steps on nodes after their keys were made, in order; the name of a step is the end of its resource's name. */
import { restartsText, type Effects } from "../nodes/effects";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { applyWhy } from "./applyWhy";
import { servingEffects } from "./serving";
import { tokensEffects } from "./tokens";
import { trustEffects, trustSummary } from "./trust";

interface StepRow {
  /** What the node script is asked for (docs/node-protocol.md). */
  readonly verb: "apply" | "trust" | "check" | "lay";
  /** What it does to a node's services where it finds something to change; `apply`'s follow from the leaves that are due. */
  readonly effects: (cluster: ClusterPlan, plan: NodePlan, config: Config) => Effects;
  /** Why it runs on a node and what restarts, in a line for the output of a run; undefined where there is nothing to say. */
  readonly why: (cluster: ClusterPlan, plan: NodePlan, config: Config, payloads: Payloads) => string | undefined;
}

/** What the node got last, empty where it got nothing, and what it gets. */
interface Payloads {
  readonly before: string;
  readonly after: string;
}

const NONE: Effects = new Map();
/** It checks, and changes nothing. */
const LOOK = { verb: "check", effects: () => NONE, why: () => undefined } as const;

/** Files alone are replaced. */
const LAY = { verb: "lay", effects: () => NONE, why: () => undefined } as const;

export const NODE_STEPS = {
  "lay-trust": LAY,
  trust: {
    verb: "trust",
    effects: (...on) => trustEffects("trust", ...on),
    why: (cluster, plan, config) => trustSummary("trust", cluster, plan, config),
  },
  mounts: LOOK,
  lay: LAY,
  apply: {
    verb: "apply",
    effects: () => NONE,
    why: (_cluster, plan, config, { before, after }) => applyWhy(plan, config, before, after),
  },
  serving: {
    verb: "check",
    effects: (_cluster, plan) => servingEffects(plan),
    why: (_cluster, plan) => `${plan.node.name}: ${restartsText(servingEffects(plan), plan)}`,
  },
  tokens: {
    verb: "check",
    effects: (_cluster, plan) => tokensEffects(plan),
    why: (_cluster, plan) => `${plan.node.name}: ${restartsText(tokensEffects(plan), plan)}`,
  },
  check: LOOK,
  retire: {
    verb: "trust",
    effects: (...on) => trustEffects("retire", ...on),
    why: (cluster, plan, config) => trustSummary("retire", cluster, plan, config),
  },
} as const satisfies Readonly<Record<string, StepRow>>;

export type NodeStep = keyof typeof NODE_STEPS;
export const NODE_STEP_NAMES = Object.keys(NODE_STEPS) as NodeStep[];
