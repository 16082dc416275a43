/** What was changed on a node behind the stack's back, in the form in which it is told and mended. */
import type { LeafName } from "../model/profiles";

/** The steps that bring back what a node was given (core/protocol/nodeSteps.ts). */
export const MENDING_STEPS = ["trust", "apply"] as const;
export type MendingStep = (typeof MENDING_STEPS)[number];

export interface Change {
  /** One sentence, without the node's name. */
  readonly text: string;
  /** The steps that bring it back; none: a person has to. */
  readonly by: readonly MendingStep[];
  /** The certificates that it is about. */
  readonly leaves: readonly LeafName[];
}

/** What one node tells. */
export interface NodeDrift {
  /** Which note of the node it is compared with, for the step that brings that back; `NO_NOTE` where it has none. */
  readonly note: string;
  readonly changes: readonly Change[];
  /** The note that each step was told to bring back last, by which it runs as long as nothing has changed. */
  readonly told: Readonly<Partial<Record<MendingStep, string>>>;
  /** Serials of the certificates that it was given, by profile; none: it was given nothing yet. */
  readonly given: Readonly<Record<string, string>>;
}

/** The name of no note. */
export const NO_NOTE = "0-0";

/** All nodes, as `kube-pki drift-step` prints them. */
export interface DriftAnswer {
  readonly nodes: Readonly<Record<string, NodeDrift | { readonly unread: string }>>;
  /** What the comparison with the stack file would refuse a step for (core/preflight), a sentence each. */
  readonly refused: readonly string[];
}
