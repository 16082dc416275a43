import { createHash } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { alivePayload } from "../core/protocol/alive";
import { refusal } from "../core/recovery";
import type { Inputs } from "./inputs";
import type { NodeSteps, VisitedNode, Waits } from "./nodeSteps";

/** Shown below the sentence itself; a failing resource ends a run of the Automation API too (components/preflightGate.ts). */
const REFUSE = "exit 1 # the cluster is not dead, no node was touched";

interface Asked<N extends VisitedNode> {
  readonly inputs: Inputs;
  readonly steps: NodeSteps;
  readonly nodes: readonly N[];
  /** What is about to be laid on a node. */
  readonly laid: (node: N) => pulumi.Output<string>;
}

/**
 * Succeeds where what these nodes say means that the cluster is dead. They are asked anew where what is laid on any of
 * them has changed: what one said before the last recovery must not speak for it in the next. With nothing to lay nobody is.
 */
export const isDead = <N extends VisitedNode>(
  base: string,
  { inputs, steps, nodes, laid }: Asked<N>,
  after: Waits,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] => {
  const round = pulumi.all(nodes.map(laid)).apply((all) => digest(all.join("")));
  const asked = steps.atOnce("alive", nodes, after, ({ plan }) =>
    pulumi
      .unsecret(round)
      .apply((text) => inputs.payload(plan.node, ({ node, config }) => alivePayload(node, config, text))),
  );
  const verdict = pulumi.all(asked.map(({ stdout }) => stdout)).apply(async (answers) => {
    const why = refusal(answers);
    if (why !== undefined) await pulumi.log.error(why);
    return why === undefined ? "exit 0" : REFUSE;
  });
  return [new command.local.Command(`${base}-is-dead`, { create: verdict }, options)];
};

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
