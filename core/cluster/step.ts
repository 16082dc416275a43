/** A step in the cluster, and when it may come. Which there are is in steps.ts. */
import type { Config } from "../schema/config";
import type { Fact } from "./facts";
import type { Job } from "./job";

/**
 * When something is done: in order, each after all that comes before. Between the nodes' `trust` and `apply`, between
 * `apply` and `retire` (from `afterServing` on when kubelets have asked for serving certificates), and after it. From `afterIssue` on only where something is retired.
 */
export const HOOKS = [
  "afterTrust",
  "afterPublished",
  "beforeIssue",
  "afterApply",
  "afterServing",
  "afterIssue",
  "beforeRetire",
  "afterRetire",
] as const;
export type Hook = (typeof HOOKS)[number];

export interface Step {
  /** The end of its resource's name. */
  readonly nameSuffix: string;
  readonly hook: Hook;
  /** For a preview. */
  readonly summary: (config: Config) => string;
  readonly isWanted: (config: Config) => boolean;
  readonly facts: (config: Config) => readonly Fact[];
  readonly job: (config: Config) => Pick<Job, "tasks"> & Partial<Job>;
  /**
   * Done in every run and in no preview, and no resource: what it looks for comes from the cluster, and nothing that the stack
   * knows changes with it.
   */
  readonly everyRun?: true;
}
