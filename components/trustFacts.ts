import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Facts } from "../core/cluster/facts";
import { learnedFromNodes, trustedBy, trustTexts, type TrustFact } from "../core/cluster/trust";
import { keyIdOf } from "../core/format/publicKey";
import type { Generations } from "../core/protocol/trust";
import type { Config } from "../core/schema/config";
import type { ServiceAccountKeys } from "./serviceAccountKeys";

/** The facts about trust for steps in the cluster, once they are known. */
export type TrustFacts = { readonly [F in TrustFact]: pulumi.Output<Facts[F]> } & {
  /** Undefined where the stack does not manage the key. */
  readonly tokenKid: pulumi.Output<string> | undefined;
};

/** @param trusted the `trust` step of a node: only its answer has a CA that was taken over */
export const trustFacts = (
  config: Config,
  generations: pulumi.Output<Generations>,
  serviceAccount: ServiceAccountKeys | undefined,
  trusted: command.remote.Command | undefined,
): TrustFacts => {
  const learned = learnedFromNodes(config) ? trusted?.stdout.apply(trustedBy) : undefined;
  const texts = pulumi.all([generations, learned]).apply(([all, theirs]) => trustTexts(config, all.kubernetes, theirs));
  return {
    ca: texts.ca,
    final: texts.final,
    rotating: texts.rotating,
    old: texts.old,
    tokenKid: serviceAccount?.target?.publicPem.apply(keyIdOf),
  };
};
