import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import { attemptKey } from "../core/authorities/rotation";
import type { Config } from "../core/schema/config";

/** What names the rotation under way, and the resource that has to be there before any node hears of it. */
export interface RotationAttempt {
  readonly name: pulumi.Output<string>;
  readonly started: pulumi.Resource;
}

/** 64 random bits in hex. The language host of this program needs `node` on the PATH as well. */
const CHOOSE = { interpreter: ["node", "-p"], create: 'require("node:crypto").randomBytes(8).toString("hex")' };

/**
 * A name that is new whenever what is trusted begins to change (core/authorities/rotation.ts, `attemptKey`). A run that is cut
 * may have told a node of a CA without the stack's knowing; the stack file then goes back to words that the state takes for
 * done. So the state has to hold that there was something in between, by a resource that is made anew on a trigger. A changed
 * `create` would be an update, which runs it again in the middle of a rotation: it is left as the state has it.
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
