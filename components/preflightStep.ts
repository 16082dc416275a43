import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { closedText } from "../core/maintenanceWindow";
import type { Config } from "../core/schema/config";
import { comparedNodes } from "./comparedNodes";
import { isKnown } from "./isKnown";
import { settled, type Inputs } from "./inputs";
import { localCommand } from "./localStep";
import { sshConnection } from "./sshConnection";

/**
 * Compares what is on the nodes with the stack file, before the first step on any of them: all that a run would be refused for,
 * node by node, in one list (docs/preflight.md). What it is given is the same until something is due on a node, so a run that
 * has nothing to do does not run it; of the nodes it asks those for which it has noted something else.
 */
export const preflightStep = (
  base: string,
  inputs: Inputs,
  options: pulumi.CustomResourceOptions,
): command.local.Command => {
  const { nodes } = inputs.config;
  const compared = comparedNodes(inputs, nodes);
  const connections = pulumi.jsonStringify(
    Object.fromEntries(nodes.map((node) => [node.name, sshConnection(inputs, node)])),
  );
  const step = new command.local.Command(
    `${base}-preflight`,
    {
      create: localCommand("preflight-step"),
      // ssh keys are in it, and addresses that are the same as those of other steps
      stdin: pulumi.secret(pulumi.interpolate`{"compared":${compared},"connections":${connections}}`),
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: true,
    },
    options,
  );
  void warnIfClosed(step, inputs.config);
  return step;
};

/**
 * What is kept for good waits for the step by this, and does not depend on it: what a protected CA depends on is left in the
 * state by a `pulumi destroy` that the CA stops. The step would be there with its notes then, while those on nodes are gone, and
 * the next run would issue every certificate anew and compare no node.
 */
export const hasCompared = (step: pulumi.Resource): Promise<pulumi.Resource[]> => settled(step.urn).then(() => []);

/** In a preview: a run would be refused at this time. */
const warnIfClosed = async (step: command.local.Command, { rollout }: Config): Promise<void> => {
  if (!pulumi.runtime.isDryRun()) return;
  const closed = closedText(rollout, new Date());
  if (closed !== undefined && !(await isKnown(step.stdout))) await pulumi.log.warn(closed, step);
};
