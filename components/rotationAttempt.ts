import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { attemptKey } from "../core/authorities/rotation";
import type { Config } from "../core/schema/config";

/** The name of the running rotation attempt, and the resource that must exist before any node knows of it. */
export interface RotationAttempt {
  readonly name: pulumi.Output<string>;
  readonly started: pulumi.Resource;
}

/** 64 random bits in hex. The language host of this program needs `node` on the PATH as well. */
const CHOOSE = { interpreter: ["node", "-p"], create: 'require("node:crypto").randomBytes(8).toString("hex")' };

/**
 * A new name whenever what is trusted begins to change (core/authorities/rotation.ts, `attemptKey`). A run that was killed may
 * have added a CA to a node although the state does not have it. If the stack file is then set back, the state would look as if
 * nothing was to be done. So the state must record that there was an attempt in between, by a resource that is replaced on a
 * trigger. A changed `create` would be an update, which runs it again in the middle of a rotation: it is kept as the state has it.
 */
export const rotationAttempt = (
  base: string,
  config: Config,
  options: pulumi.CustomResourceOptions,
): RotationAttempt => {
  const started = new command.local.Command(`${base}-rotation-attempt`, CHOOSE, {
    ...options,
    ignoreChanges: Object.keys(CHOOSE),
    replacementTrigger: attemptKey(config),
  });
  return { name: started.stdout, started };
};
