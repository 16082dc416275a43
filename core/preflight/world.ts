/** Nodes beside what the plan has for them. */
import { profileOf, type FileRow } from "../layouts/layout";
import type { LeafName } from "../model/profiles";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import type { Survey } from "../survey/model";
import { fileAt, kubeconfigAt } from "../init/visits";

export interface Compared {
  readonly plan: NodePlan;
  readonly survey: Survey;
  /** Certificates that this run installs: the node has noted other ones, or none. */
  readonly due: ReadonlySet<LeafName>;
  /** Whether this run does anything there that a service could notice. */
  readonly isTouched: boolean;
  /** Files that this run may write. */
  readonly written: readonly FileRow[];
}

export interface World {
  readonly config: Config;
  readonly cluster: ClusterPlan;
  readonly nodes: readonly Compared[];
  /** Every node of the stack is here, and none was compared before. */
  readonly isFirst: boolean;
}

/** What is wrong with one node: refused, or told in a run that goes on. */
export interface Mismatch {
  readonly kind: "refused" | "told";
  /** What, and the field to set. */
  readonly text: string;
}

export const refused = (what: string, field: string): Mismatch => ({ kind: "refused", text: `${what}; ${field}` });
export const told = (what: string, field: string): Mismatch => ({ kind: "told", text: `${what}; ${field}` });

export type Check = (node: Compared, world: World) => readonly Mismatch[];

const OF_TRUST = new Set<FileRow["content"]["kind"]>(["ca", "caKey", "csrSigner", "csrSignerKey", "serviceAccount"]);

const isThere = (survey: Survey, path: string): boolean =>
  fileAt(survey, path)?.state === "file" || kubeconfigAt(survey, path) !== undefined;

/** @param leaves ids of what it is to get, by profile */
export const comparedNode = (
  plan: NodePlan,
  survey: Survey,
  leaves: Readonly<Record<string, string>>,
  { rotates }: Pick<ClusterPlan, "rotates">,
): Compared => {
  const had = new Map((survey.record?.leaves ?? []).map(({ profile, id }) => [profile, id]));
  const due = new Set(
    plan.leaves.map(({ profile }) => profile).filter((profile) => had.get(profile) !== leaves[profile]),
  );
  const isTouched = due.size > 0 || rotates;
  const isWritten = (row: FileRow): boolean =>
    profileOf(row).some((profile) => due.has(profile)) ||
    (rotates && OF_TRUST.has(row.content.kind)) ||
    !isThere(survey, row.path);
  return { plan, survey, due, isTouched, written: isTouched ? plan.files.filter(isWritten) : [] };
};
