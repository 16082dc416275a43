import { inspect } from "node:util";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../core/schema/config";
import { preflight } from "./authority/kinds";

/** Shown below the sentence itself. */
const REFUSE = "exit 1 # the preflight failed, nothing was changed";

/**
 * The options of a component that is registered only after the preflight, as are all its children: nothing is created where
 * it fails.
 *
 * A promise that is rejected would leave the component without a URN, and its children waiting for one: that ends a program
 * of the CLI's, but never one of the Automation API (https://github.com/pulumi/pulumi/issues/14980), whose `up` would wait for
 * ever. So where the preflight fails there is a resource that fails as well, by which the engine ends the run.
 *
 * @param more comes after it and before the component as well; throws where nothing is to be created
 */
export const afterPreflight = (
  base: string,
  config: Config,
  options: pulumi.ComponentResourceOptions = {},
  more: () => Promise<void> = () => Promise.resolve(),
): pulumi.ComponentResourceOptions => {
  const { parent } = options;
  const refusal = async (error: unknown): Promise<pulumi.Resource[]> => {
    // what the user has to mend is said without a stack trace
    await pulumi.log.error(pulumi.RunError.isInstance(error) ? error.message : inspect(error));
    return [new command.local.Command(`${base}-preflight`, { create: REFUSE }, parent && { parent })];
  };
  return pulumi.mergeOptions(options, {
    dependsOn: preflight(config, config.asOf)
      .then(more)
      .then(() => [], refusal),
  });
};
