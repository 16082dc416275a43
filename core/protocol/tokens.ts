/**
 * The payload of the step that has pods get tokens of the new service account key (docs/node-protocol.md, verb `check`), in
 * the order of nodes: a kubelet whose pods hold tokens of another key is restarted. If the CAs are rotated
 * too, kubelets have restarted by then, and nothing is done.
 */
import type { Effects } from "../nodes/effects";
import { seeks } from "../authorities/rotation";
import { keyIdOf } from "../format/publicKey";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { consumerLines } from "./consumerLines";
import { as, framed } from "./lines";

/** Whether the old key is about to be retired, and the stack may restart kubelets for it. */
export const renewsTokens = (config: Config): boolean =>
  seeks(config, "serviceAccount") && config.restart !== "never" && config.rotation?.force.includes("tokens") !== true;

export const kubeletOf = ({ consumers }: NodePlan) => consumers.filter(({ name }) => name === "kubelet");

export const runsPods = (plan: NodePlan): boolean => kubeletOf(plan).length > 0;

/** @param publicPem of the new key */
export const tokensPayload = (plan: NodePlan, config: Config, publicPem: string): string =>
  framed("check", [
    `node ${as.name(plan.node.name)}`,
    `token-kid ${keyIdOf(publicPem)}`,
    "gate tokens on",
    ...consumerLines({ ...plan, consumers: kubeletOf(plan) }, config, new Set()),
  ]);

/** A step that restarts kubelets, and why. */
export const kubeletRestarts = (plan: NodePlan, because: string): Effects =>
  new Map(kubeletOf(plan).map(({ name }) => [name, { need: "restart", because: [because] }]));

/** What the step does to a node's services. */
export const tokensEffects = (plan: NodePlan): Effects =>
  kubeletRestarts(plan, "its pods get tokens of the new key, where they still hold old ones");
