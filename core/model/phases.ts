import { AUTHORITIES } from "./authorities";

/** The phases of a rotation, in order; core/authorities/rotation.ts says what each means. */
export const PHASES = ["trust", "issue", "done"] as const;
export type Phase = (typeof PHASES)[number];

/** Where one of them stands. */
export interface RotationState {
  /** Where the rotation leads to; 1 is what the cluster began with, or what adoption leads to. */
  readonly generation: number;
  readonly phase: Phase;
}

/** The service account key is no CA, but it is rotated by the same phases. */
export const ROTATED = [...AUTHORITIES, "serviceAccount"] as const;
export type Rotated = (typeof ROTATED)[number];

/** A cluster nothing is rotated in. */
export const AT_REST: RotationState = { generation: 1, phase: "done" };
