import { isAbsolute, join, relative } from "node:path";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { CONNECTION_VARIABLE } from "../core/nodes/connection";
import type { NodeConfig } from "../core/schema/config";
import type { Inputs } from "./inputs";
import { sshConnection } from "./sshConnection";

/**
 * The folder in which the command provider runs: the project's. Undefined where an inline program has given it one of its own
 * (Automation API), and may itself run anywhere.
 */
const providerFolder = (): string | undefined => {
  const root = pulumi.getRootDirectory();
  if (isAbsolute(root)) return root;
  // a language host before PULUMI_NODEJS_ROOT_DIRECTORY runs the program in that folder
  return process.env["PULUMI_NODEJS_SYNC"] === undefined ? undefined : process.cwd();
};

/** As seen from a folder: an absolute path would differ from machine to machine, and each change runs the steps again. */
export const programFrom = (folder: string | undefined, file: string): string =>
  (folder === undefined ? file : relative(folder, file)).replaceAll("\\", "/");

export const PROGRAM = join(__dirname, "..", "cli", "kube-pki");

/** What the program on this machine does with a node (cli/main.ts). */
export type LocalVerb = "alive-step" | "cluster-step" | "install-step" | "preflight-step";

export const localCommand = (verb: LocalVerb): string => `node "${programFrom(providerFolder(), PROGRAM)}" ${verb}`;

/**
 * One step by a program of ours on the machine that runs pulumi, which connects to the node by itself: for what is not to be in
 * the state, or is decided in TypeScript. A change of the job runs it again in place; what is done already it leaves alone.
 */
export const localStep = <Job>(
  name: string,
  { inputs, node }: { readonly inputs: Inputs; readonly node: NodeConfig },
  verb: LocalVerb,
  job: pulumi.Input<Job>,
  options: pulumi.CustomResourceOptions,
): command.local.Command =>
  new command.local.Command(
    name,
    {
      create: localCommand(verb),
      // apart from the job, which a preview may show
      environment: { [CONNECTION_VARIABLE]: pulumi.secret(pulumi.jsonStringify(sshConnection(inputs, node))) },
      stdin: pulumi.jsonStringify(job),
      // stdout is read by the program; progress for the operator is on stderr
      logging: command.local.Logging.Stderr,
      addPreviousOutputInEnv: false,
    },
    pulumi.mergeOptions({ additionalSecretOutputs: ["environment"] }, options),
  );
