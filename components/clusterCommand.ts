import { join, relative } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { CONNECTION_VARIABLE, type ClusterPayload } from "../core/cluster/payload";
import type { NodeConfig } from "../core/schema/config";
import type { Inputs } from "./inputs";
import { sshConnection } from "./sshConnection";

/** From the project's folder, in which the provider runs it too: an absolute path would differ from machine to machine. */
const PROGRAM = relative(process.cwd(), join(__dirname, "..", "cli", "kube-pki")).replaceAll("\\", "/");

/**
 * One step in the cluster, by a program on the machine that runs pulumi: it reads and writes objects through the node's kubectl
 * and decides in TypeScript. A change of the job runs it again in place; what is done already it leaves alone.
 */
export const clusterCommand = (
  name: string,
  inputs: Inputs,
  node: NodeConfig,
  payload: pulumi.Input<ClusterPayload>,
  options: pulumi.CustomResourceOptions,
): command.local.Command =>
  new command.local.Command(
    name,
    {
      create: `node "${PROGRAM}" cluster-step`,
      // apart from the job, which a preview may show
      environment: { [CONNECTION_VARIABLE]: pulumi.secret(pulumi.jsonStringify(sshConnection(inputs, node))) },
      stdin: pulumi.jsonStringify(payload),
      // stdout is read by the program; progress for the operator is on stderr
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    options,
  );
