import * as pulumi from "@pulumi/pulumi";
import type { Config } from "../core/config";
import { nodeEffects } from "../core/effects";
import type { NodePlan } from "../core/plan";
import type { ProfileName } from "../core/profileNames";
import type { Issued } from "./authority/authority";

/**
 * Whether a preview knows an output's value: it does unless the resource is to be created or replaced. The SDK keeps the
 * field out of its types; should it go away, the preview says less and nothing else changes.
 */
const isKnown = async (output: pulumi.Output<unknown>): Promise<boolean> =>
  (await (output as unknown as { isKnown?: Promise<boolean> }).isKnown) ?? true;

/** In a preview, says on a node's row what it gets and which of its services restart; says nothing when nothing is due. */
export const announce = async (
  node: pulumi.Resource,
  plan: NodePlan,
  leaves: Readonly<Partial<Record<ProfileName, Issued>>>,
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
  const [first] = due;
  if (first === undefined) return;
  const profiles = new Set(due.map(({ profile }) => profile));
  const rows = plan.files.filter(({ content }) => "profile" in content && profiles.has(content.profile));
  const restarts = [...nodeEffects(rows, plan, config)].flatMap(([name, need]) => (need === "restart" ? [name] : []));
  await pulumi.log.info(
    `${plan.node.name}: ${String(due.length)} certificates to issue (${[...profiles].join(", ")}), ` +
      `renewal period since ${first.renewal.dueSince.toISOString().slice(0, 16)}Z; ` +
      `restarts ${restarts.join(", ") || "nothing"}; \`kube-pki due\` says why for each`,
    node,
  );
};
