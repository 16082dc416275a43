import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { NodePlan } from "../core/plan";
import { certificateRows } from "../core/report/certificateRows";
import type { IssuedToNode } from "./nodePki";

/** The rows of a node in the output `certificates`, with how its `apply` has proven each. */
export const nodeRows = (plan: NodePlan, { leaves }: IssuedToNode, applied: command.remote.Command | undefined) => {
  const certificates = Object.fromEntries(
    plan.leaves.flatMap(({ profile }) => {
      const leaf = leaves[profile];
      return leaf === undefined ? [] : [[profile, leaf.certificatePem]];
    }),
  );
  return pulumi
    .all([pulumi.output(certificates), applied?.stdout ?? ""])
    .apply(([issued, stdout]) => certificateRows(plan, issued, stdout));
};
