/**
 * What was changed on a node behind the stack's back: its files, links and folders beside what the last step there has noted of
 * them (docs/node-protocol.md, `noted`), and the flags that its services run with. What the stack does not know, such as a file's
 * owner, is compared as well: the note has it as the step left it.
 */
import { fileAt } from "../init/visits";
import { profileOf, type FileRow } from "../layouts/layout";
import type { LeafName } from "../model/profiles";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import type { FileFacts, Survey } from "../survey/model";
import type { NoteFacts } from "../survey/record";
import { NO_NOTE, type Change, type MendingStep, type NodeDrift } from "./change";
import { flagChanges } from "./flags";
import { rightsChanges, rightsTexts } from "./rights";
import { certificateText, isFromCluster, leafText, otherText, trustsAll, type Texts } from "./texts";

type NotedFile = NoteFacts["files"][number];

/** Of what is trusted `apply` brings back what signs now alone. */
const TRUST: ReadonlySet<FileRow["content"]["kind"]> = new Set(["ca", "serviceAccount", "kubeconfig"]);

/** A reader of a file restarts in each step that finds it changed, so `trust` is told of it only where it has to. */
const mends = (
  node: Texts,
  { content, path }: FileRow,
  { rotates }: Pick<ClusterPlan, "rotates">,
): readonly MendingStep[] =>
  rotates && TRUST.has(content.kind) && !(content.kind === "kubeconfig" && trustsAll(node, path))
    ? ["trust", "apply"]
    : ["apply"];

/** What a file is now, where that is no file any more. */
const lostText = (path: string, file: FileFacts | undefined): string | undefined => {
  if (file?.link !== undefined) return `${path}: a link to ${file.link}, and it was a file`;
  if (file === undefined || file.state === "missing") return `${path}: it is gone`;
  return file.state === "file" ? undefined : `${path}: it is no file any more`;
};

/** client-go's certificate store calls them so. */
const KUBELETS_OWN = /(?:^|\/)kubelet-client-\d{4}-/;

const linkText = (node: Texts, { path, target }: NoteFacts["links"][number]): string | undefined => {
  const file = fileAt(node.survey, path);
  if (file?.link === target) return undefined;
  if (file?.link === undefined)
    return file === undefined || file.state === "missing"
      ? `${path}: the link is gone`
      : `${path}: a file of its own, and it was a link to ${target}`;
  const [live] = file.certificates;
  return live !== undefined && KUBELETS_OWN.test(file.link) && isFromCluster(node, live)
    ? `${path}: the kubelet has rotated its client certificate by itself: the link leads to ${file.link} (${certificateText(live)}), and led to ${target}`
    : `${path}: the link leads to ${file.link}, and led to ${target}`;
};

const rowAt = ({ files }: NodePlan, path: string): FileRow | undefined => files.find((row) => row.path === path);

const fileChanges = (node: Texts, note: NoteFacts, cluster: Pick<ClusterPlan, "rotates">): Change[] => {
  const { plan, survey } = node;
  const { files, links } = note;
  const change = (row: FileRow, text: string): Change => ({
    text,
    by: mends(node, row, cluster),
    leaves: profileOf(row),
  });
  const rewritten = new Map<LeafName, FileRow[]>();
  const one = (noted: NotedFile): Change[] => {
    const row = rowAt(plan, noted.path);
    const file = fileAt(survey, noted.path);
    if (row === undefined) return []; // the stack has it no longer
    const lost = lostText(noted.path, file);
    if (lost !== undefined || file === undefined) return [change(row, lost ?? "")];
    const [profile] = profileOf(row);
    if (!noted.isSame && profile !== undefined) rewritten.set(profile, [...(rewritten.get(profile) ?? []), row]);
    return [
      ...rightsTexts(survey, noted.path, noted, file).map((text) => change(row, text)),
      ...(noted.isSame || profile !== undefined ? [] : [change(row, otherText(node, row))]),
    ];
  };
  const single = files.flatMap(one);
  const linked = links.flatMap((noted) => {
    const row = rowAt(plan, noted.path);
    const text = linkText(node, noted);
    return row === undefined || text === undefined ? [] : [change(row, text)];
  });
  // certificate and key are told as one
  const leaves = [...rewritten].map(([profile, rows]): Change => ({
    text: leafText(node, profile, rows),
    by: [...new Set(rows.flatMap((row) => mends(node, row, cluster)))],
    leaves: [profile],
  }));
  const isFile = (path: string): boolean =>
    rowAt(plan, path) !== undefined && lostText(path, fileAt(survey, path)) === undefined;
  return [...leaves, ...single, ...linked, ...rightsChanges(survey, note, isFile)];
};

const unnoted: Change = {
  text: "an earlier version of kube-pki has noted nothing there to compare with: the step runs once, and notes it",
  by: ["apply"],
  leaves: [],
};

const interrupted: Change = {
  text: "a run was cut there, and what it left was not put in order yet",
  by: ["apply"],
  leaves: [],
};

/** Of a node that was given nothing yet nothing is told. */
export const nodeDrift = (
  plan: NodePlan,
  survey: Survey,
  config: Config,
  cluster: Pick<ClusterPlan, "rotates">,
): NodeDrift => {
  const { record } = survey;
  const { noted, interrupted: isCut = false, leaves = [], applied } = record ?? {};
  const node = { plan, survey, config };
  const files = isCut ? [interrupted] : noted === undefined ? [unnoted] : fileChanges(node, noted, cluster);
  const isGiven = applied !== undefined || leaves.length > 0;
  return {
    note: noted?.name ?? NO_NOTE,
    told: noted?.told ?? {},
    changes: isGiven ? [...files, ...flagChanges(node)] : [],
    given: Object.fromEntries(leaves.map(({ profile, serial }) => [profile, serial])),
  };
};
