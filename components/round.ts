import { createHash } from "node:crypto";
import type * as pulumi from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import type { Config } from "../core/config";
import { roundOf } from "../core/rotation";
import { keyArgs } from "./keyArgs";

/** What names the rotation under way, and the resource that has to be there before any node hears of it. */
export interface Round {
  readonly name: pulumi.Output<string>;
  readonly began: pulumi.Resource;
}

/**
 * A name that is new whenever what is trusted begins to change (core/rotation.ts, `roundOf`). A run that is cut may have told a node
 * of a CA without the stack's knowing; the stack file then goes back to words that the state takes for done. So the state
 * has to hold that there was something in between. A key pair that is used for nothing is the one thing the providers at
 * hand make anew on a trigger: its public half is the name.
 */
export const roundFor = (base: string, config: Config, options: pulumi.CustomResourceOptions): Round => {
  const began = new tls.PrivateKey(`${base}-round`, keyArgs("ECDSA-P256"), {
    ...options,
    replacementTrigger: roundOf(config),
  });
  const name = began.publicKeyPem.apply((pem) => createHash("sha256").update(pem).digest("hex").slice(0, 16));
  return { name, began };
};
