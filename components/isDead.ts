import { createHash } from "node:crypto";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { alivePayload } from "../core/protocol/alive";
import type { AliveJob } from "../core/recovery";
import { localCommand } from "./localStep";
import type { Inputs } from "./inputs";
import type { VisitedNode, Waits } from "./nodeSteps";
import { sshConnection } from "./sshConnection";

interface Asked<N extends VisitedNode> {
  readonly inputs: Inputs;
  readonly nodes: readonly N[];
  /** What is about to be laid on a node. */
  readonly laid: (node: N) => pulumi.Output<string>;
}

/**
 * Succeeds where what these nodes say means that the cluster is dead. They are asked anew where what is laid on any of
 * them has changed: what one said before the last recovery must not speak for it in the next. With nothing to lay nobody is.
 * One resource asks all of them, so that a refusal leaves no answer in the state: the cluster may be dead the next time.
 */
export const isDead = <N extends VisitedNode>(
  base: string,
  { inputs, nodes, laid }: Asked<N>,
  after: Waits,
  options: pulumi.CustomResourceOptions,
): pulumi.Resource[] => {
  const round = pulumi.unsecret(pulumi.all(nodes.map(laid)).apply((all) => digest(all.join(""))));
  const asked = nodes.map(({ plan: { node } }) => ({
    name: node.name,
    payload: round.apply((text) => inputs.payload(node, ({ node: plan, config }) => alivePayload(plan, config, text))),
    connection: sshConnection(inputs, node),
  }));
  const job: pulumi.Output<AliveJob<unknown>> = pulumi.output({ sudo: inputs.config.ssh.sudo, nodes: asked });
  return [
    new command.local.Command(
      `${base}-is-dead`,
      {
        create: localCommand("alive-step"),
        // ssh keys are in it
        stdin: pulumi.secret(job.apply((given) => JSON.stringify(given))),
        logging: command.local.Logging.Stderr,
        addPreviousOutputInEnv: false,
      },
      pulumi.mergeOptions(options, { dependsOn: [...after] }),
    ),
  ];
};

const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);
