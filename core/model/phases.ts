import { AUTHORITIES } from "./authorities";

/** A rotation is between two generations: the old one, and the new one that it leads to. */
export type Side = "old" | "new";

interface PhaseRow {
  /** Whose key signs. */
  readonly signs: Side;
  /** Whom every node trusts once the phase is reached, the one that signs first. */
  readonly trusts: readonly Side[];
  /** Whose loss would break the cluster as it is: certificates it signed may be in use. */
  readonly protects: readonly Side[];
  /** What still needs this CA is looked for on nodes and in the cluster, reported, and stops the run. */
  readonly seeks: readonly Side[];
  /** Which CA nodes and the cluster stop trusting. */
  readonly retires: readonly Side[];
}

/** The phases of a rotation, in order. Each can be stopped at, and going back one is the undo. */
export const PHASE = {
  // no certificate of the new one is in use yet, so the rotation can still be aborted
  trust: { signs: "old", trusts: ["old", "new"], protects: ["old"], seeks: [], retires: [] },
  issue: { signs: "new", trusts: ["new", "old"], protects: ["new", "old"], seeks: [], retires: [] },
  done: { signs: "new", trusts: ["new"], protects: ["new"], seeks: ["old"], retires: ["old"] },
} as const satisfies Readonly<Record<string, PhaseRow>>;

export type Phase = keyof typeof PHASE;
export const PHASES = Object.keys(PHASE) as [Phase, ...Phase[]];

/** The generation and phase of one of them. */
export interface RotationState {
  /** The target of the rotation; 1 is what the cluster began with, or the target of an adoption. */
  readonly generation: number;
  readonly phase: Phase;
}

/** The service account key is no CA, but it is rotated by the same phases. */
export const ROTATABLE = [...AUTHORITIES, "serviceAccount"] as const;
export type Rotatable = (typeof ROTATABLE)[number];

/** Without a rotation. */
export const AT_REST: RotationState = { generation: 1, phase: "done" };
