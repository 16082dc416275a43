import type * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Hook } from "../core/cluster/steps";
import type { LeafName } from "../core/model/profiles";
import { nodeEffects, restartsText } from "../core/nodes/effects";
import type { ClusterPlan, NodePlan } from "../core/plan";
import { shutdownAdvice, trustSummary, type TrustStep } from "../core/protocol/trust";
import type { Config } from "../core/schema/config";
import type { Issued } from "./authority/authority";
import { isKnown } from "./isKnown";

/** In a preview, logs on a node's row which certificates are due and which of its services restart; nothing if none is due. */
export const logPreview = async (
  node: pulumi.Resource,
  plan: NodePlan,
  leaves: Readonly<Partial<Record<LeafName, Issued>>>,
  config: Config,
): Promise<void> => {
  if (!pulumi.runtime.isDryRun()) return;
  const known = await Promise.all(
    plan.leaves.map(async ({ profile }) => {
      const leaf = leaves[profile];
      return leaf === undefined || (await isKnown(leaf.certificatePem));
    }),
  );
  const due = plan.leaves.filter((_, index) => known[index] === false);
  if (due.length === 0) return;
  const profiles = new Set(due.map(({ profile }) => profile));
  const rows = plan.files.filter(({ content }) => "profile" in content && profiles.has(content.profile));
  await pulumi.log.info(
    `${plan.node.name}: ${String(due.length)} certificates to issue (${[...profiles].join(", ")}); ` +
      `${restartsText(nodeEffects(rows, plan, config), plan)}; \`kube-pki due\` says why for each`,
    node,
  );
};

/** A step in the cluster; `result` is its output. */
export interface ClusterPreview {
  readonly hook: Hook;
  readonly summary: string;
  readonly result: pulumi.Output<unknown>;
}

/** When a hook runs, for a preview. */
const WHEN: Readonly<Record<Hook, string>> = {
  afterTrust: "before certificates are issued",
  afterPublished: "before certificates are issued",
  beforeIssue: "before certificates are issued",
  afterApply: "after all certificates are issued",
  afterServing: "after all certificates are issued",
  afterIssue: "before the old CA is retired",
  beforeRetire: "before the old CA is retired",
  afterRetire: "after the old CA is retired",
};

/** In a preview, logs one line for each phase with what will be done in the cluster; nothing that is done already. */
export const logClusterPreview = async (work: pulumi.Resource, all: readonly ClusterPreview[]): Promise<void> => {
  if (!pulumi.runtime.isDryRun()) return;
  const known = await Promise.all(all.map(({ result }) => isKnown(result)));
  const coming = all.filter((_, index) => known[index] === false);
  for (const when of new Set(Object.values(WHEN))) {
    const texts = coming.flatMap(({ hook, summary }) => (WHEN[hook] === when ? [summary] : []));
    if (texts.length > 0) await pulumi.log.info(`in the cluster, ${when}: ${texts.join("; ")}`, work);
  }
};

/** In a preview, logs on each step that is due what it changes and restarts, and once how to make that less disruptive. */
export const logTrustPreview = async (
  step: TrustStep,
  cluster: ClusterPlan,
  steps: readonly (readonly [NodePlan, command.remote.Command])[],
  config: Config,
): Promise<void> => {
  if (!pulumi.runtime.isDryRun()) return;
  const known = await Promise.all(steps.map(([, { stdout }]) => isKnown(stdout)));
  const due = steps.filter((_, index) => known[index] === false);
  for (const [plan, resource] of due) await pulumi.log.info(trustSummary(step, cluster, plan, config), resource);
  const advice = shutdownAdvice(config);
  const [first] = due;
  if (step === "trust" && advice !== undefined && first !== undefined) await pulumi.log.info(advice, first[1]);
};
