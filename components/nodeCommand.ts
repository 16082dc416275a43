import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { asRoot, NODE_SCRIPT } from "../core/nodes/scriptCommand";
import type { NodeConfig } from "../core/schema/config";
import type { Inputs } from "./inputs";
import type { InstallJob } from "../core/protocol/install";
import { NODE_SCRIPT_SHA256 } from "../node/script";
import type { Again } from "./drift";
import { localStep } from "./localStep";
import { sshConnection } from "./sshConnection";

interface Step {
  readonly inputs: Inputs;
  readonly node: NodeConfig;
}

/**
 * One step on one node: a short constant command that reads its payload from stdin. A change of the payload runs it again
 * in place; a payload the node has applied already is a no-op there. Nothing runs on delete: the files outlive the stack.
 */
const nodeCommand = (
  name: string,
  { inputs, node }: Step,
  create: string,
  stdin: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
  again?: Again | "kept",
): command.remote.Command =>
  new command.remote.Command(
    name,
    {
      connection: sshConnection(inputs, node),
      create: asRoot(create, inputs.config.ssh.sudo),
      ...(typeof again === "object" && { update: again.note.apply((note) => againCommand(create, note)) }),
      stdin,
      // stdout is read by the program; progress for the operator is on stderr
      logging: command.remote.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    again === "kept" ? pulumi.mergeOptions(options, { ignoreChanges: ["update"] }) : options,
  );

/**
 * In place of `create` from the first repair on, also while nodes are not read. `ssh.sudo` may become another meanwhile, so it
 * finds out by itself what it needs.
 */
const againCommand = (create: string, note: string | undefined): string =>
  // none is as if the property was not given, for which its type has no word
  note === undefined ? (undefined as unknown as string) : `$([ "$(id -u)" = 0 ] || echo sudo -n) ${create} ${note}`;

/**
 * Installs the node script. A new version of it runs no other step again. The script itself is not in the state, which holds each
 * input twice and is written whole at every step: 120 KB of it for each node were most of what a run of 50 nodes did.
 */
export const installStep = (name: string, step: Step, options: pulumi.CustomResourceOptions): command.local.Command =>
  localStep<InstallJob>(
    name,
    step,
    "install-step",
    { script: NODE_SCRIPT_SHA256, sudo: step.inputs.config.ssh.sudo },
    options,
  );

/** The verbs of the node script (docs/node-protocol.md). */
export type Verb = "request" | "apply" | "trust" | "check" | "lay";

/** Runs one verb of the node script. */
export const verbStep = (
  name: string,
  step: Step,
  verb: Verb,
  payload: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
  again?: Again | "kept",
): command.remote.Command => nodeCommand(name, step, `sh ${NODE_SCRIPT} ${verb}`, payload, options, again);
