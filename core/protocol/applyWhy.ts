/** Why an `apply` runs: which certificates are new, why, and what restarts for them. */
import { dueBecause } from "../certificates/leafId";
import type { LeafPlan } from "../certificates/leaves";
import { profileOf } from "../layouts/layout";
import { nodeEffects, restartsText } from "../nodes/effects";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";

/** The leaves in a payload: id by profile. */
const leafIds = (payload: string): ReadonlyMap<string, string> =>
  new Map([...payload.matchAll(/^leaf (\S+) (\S+) /gm)].map(([, profile = "", id = ""]) => [profile, id]));

const whyOf = ({ renewal }: LeafPlan, before: string | undefined, after: string | undefined): string =>
  before === undefined ? "new" : dueBecause(before, after, renewal).join("; ");

/**
 * @param before the payload that the node got last; empty where it got none
 * @returns undefined where it brings no other certificate
 */
export const applyWhy = (plan: NodePlan, config: Config, before: string, after: string): string | undefined => {
  const [had, gets] = [leafIds(before), leafIds(after)];
  const changed = plan.leaves.filter(({ profile }) => gets.has(profile) && had.get(profile) !== gets.get(profile));
  if (changed.length === 0) return undefined;
  const byReason = new Map<string, string[]>();
  for (const leaf of changed) {
    const why = whyOf(leaf, had.get(leaf.profile), gets.get(leaf.profile));
    byReason.set(why, [...(byReason.get(why) ?? []), leaf.profile]);
  }
  const reasons = [...byReason].map(([why, profiles]) => `${profiles.join(", ")}: ${why}`);
  const profiles = new Set<string>(changed.map(({ profile }) => profile));
  const rows = plan.files.filter((row) => profileOf(row).some((profile) => profiles.has(profile)));
  return `${plan.node.name}: ${[...reasons, restartsText(nodeEffects(rows, plan, config), plan)].join("; ")}`;
};
