/**
 * The payload of the step that has kubelets ask for serving certificates of the new CA (docs/node-protocol.md, verb `check`), in the
 * order of nodes: a kubelet asks by itself only late in the life of the one it has, so it has to lose it, and restarts.
 */
import { hasPrevious, issuerOf, stateOf } from "../authorities/rotation";
import { approvesServing } from "../certificates/approvesServing";
import type { Effects } from "../nodes/effects";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { oldCaLines, type CheckedFacts } from "./check";
import { consumerLines } from "./consumerLines";
import { as, framed, part } from "./lines";
import { caPart } from "./parts";
import { kubeletOf, kubeletRestarts } from "./tokens";

/** Whether the new CA signs, what kubelets ask for is approved, and the stack may restart them. */
export const renewsServing = (config: Config): boolean => {
  const state = stateOf(config, "kubernetes");
  return (
    approvesServing(config) &&
    hasPrevious(config, "kubernetes") &&
    issuerOf(state) === state.generation &&
    config.restart !== "never"
  );
};

export const servingPayload = (plan: NodePlan, config: Config, known: Pick<CheckedFacts, "final" | "old">): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    ...part(caPart("kubernetes"), known.final),
    ...oldCaLines(known),
    "serving renew",
    ...consumerLines({ ...plan, consumers: kubeletOf(plan) }, config, new Set()),
  ]);

/** What the step does to a node's services. */
export const servingEffects = (plan: NodePlan): Effects =>
  kubeletRestarts(plan, "it asks for a serving certificate, where the old CA signed the one it has");
