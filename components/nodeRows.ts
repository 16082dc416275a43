import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { NodePlan } from "../core/plan";
import { certificateRows } from "../core/report/certificateRows";
import type { CertificateRow } from "../core/report/report";
import type { IssuedToNode } from "./nodePki";
import type { PlannedNode } from "./rolloutArgs";

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

/** The same of all of them as they are issued: a proof comes with the output of a step. */
export const issuedRows = (planned: readonly PlannedNode[]): pulumi.Output<readonly CertificateRow[]> =>
  pulumi.all(planned.map(({ plan, given }) => nodeRows(plan, given, undefined))).apply((each) => each.flat());
