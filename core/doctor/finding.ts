/** What a check of the doctor is, and what it finds. */
import type { Cluster, NodeView } from "./cluster";

/**
 * `now`: it does not work, or will not work after the next restart, or is open to whoever comes. `soon`: it works and will stop.
 * `notice`: good to know; nothing breaks.
 */
export const URGENCIES = ["now", "soon", "notice"] as const;
export type Urgency = (typeof URGENCIES)[number];

/** What is wrong with one subject on one node. */
export interface Issue {
  readonly urgency: Urgency;
  /** The file or component it is about. */
  readonly subject: string;
  /** One sentence that says what is wrong; without the node's name, so that several nodes can share it. */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
  /** ISO 8601: when it stops working, if that is known. */
  readonly at?: string;
  /** The item of a benchmark, or the issue that tells of it. */
  readonly source?: string;
}

export interface Finding extends Issue {
  /** The id of the check. */
  readonly check: string;
  readonly node: string;
}

export interface Check {
  /** Stable: it is in JSON output. */
  readonly id: string;
  /** What it looks for, as docs/doctor.md says it. */
  readonly finds: string;
  readonly look: (cluster: Cluster) => readonly (Issue & { readonly node: string })[];
}

/** A check of each node for itself. */
export const eachNode =
  (issues: (node: NodeView, cluster: Cluster) => readonly Issue[]): Check["look"] =>
  (cluster) =>
    cluster.nodes.flatMap((node) => issues(node, cluster).map((issue) => ({ ...issue, node: node.name })));
