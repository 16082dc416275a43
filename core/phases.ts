/** The phases of a rotation, in order; core/rotation.ts says what each means. */
export const PHASES = ["trust", "issue", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** Where one of them stands. */
export interface RotationState {
  /** Where the rotation leads to; 1 is what the cluster began with, or what adoption leads to. */
  readonly generation: number;
  readonly phase: Phase;
}
