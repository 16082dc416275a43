/** What happens in a run, as `kube-pki up --json` prints it, a line each. docs/progress.md documents every field. */
import type { Phase } from "../model/phases";
import type { Stage } from "./subject";

/** It grows when a field goes or means something else; new fields and events come without. */
export const PROGRESS_VERSION = 1;

/** Which step; `node` is absent for one that is done once. */
export interface StepName {
  readonly stage: Stage;
  readonly step: string;
  readonly node?: string;
}

/** A node, or a step that is done once, with the seconds of each of its steps. */
export interface NodeEnd {
  readonly node: string;
  readonly result: "succeeded" | "failed";
  readonly steps: Readonly<Record<string, number>>;
}

/** One sentence that says what is wrong and what to do; where it came from, if it came from a step. */
export type Trouble = Partial<StepName> & { readonly text: string };

/** By pulumi, beside its events. */
export interface Printed {
  /** What is wrong, where no event says it. */
  readonly trouble?: string | undefined;
  /** Where the run is shown. */
  readonly url?: string | undefined;
}

export type End = Extract<Happening, { event: "end" }>;

export type Happening =
  | {
      readonly event: "plan";
      readonly nodes: number;
      readonly steps: number;
      readonly phases: readonly string[];
      readonly estimateSeconds?: number;
    }
  | {
      readonly event: "stage";
      readonly stage: Stage;
      /** Only in a rotation. */
      readonly phase?: Phase;
      /** From 1 on. */
      readonly phaseIndex?: number;
      readonly phases?: number;
      readonly text: string;
    }
  | (StepName & {
      readonly event: "step-begun";
      /** The how manieth node of this stage it is, and of how many. */
      readonly index?: number;
      readonly of?: number;
      /** What it changes and what restarts. */
      readonly why?: string;
    })
  | (Partial<StepName> & { readonly event: "message"; readonly text: string })
  | (StepName & {
      readonly event: "waiting";
      readonly seconds: number;
      readonly text?: string;
    })
  | (StepName & {
      readonly event: "step-ended";
      readonly result: "succeeded" | "failed";
      readonly seconds: number;
      readonly index?: number;
      readonly of?: number;
      readonly restarted: readonly string[];
      readonly remainingSeconds?: number;
    })
  | { readonly event: "certificates"; readonly issued: number }
  | { readonly event: "warning"; readonly text: string }
  | { readonly event: "interrupted"; readonly times: number }
  | {
      readonly event: "end";
      readonly result: "succeeded" | "failed" | "interrupted";
      readonly seconds: number;
      readonly changes: Readonly<Record<string, number>>;
      readonly nodes: readonly NodeEnd[];
      /** Certificates that were really issued: a preview may have announced more. */
      readonly issued: number;
      /** Where Pulumi's service shows the run. */
      readonly url?: string;
      /** The stack output of that name. */
      readonly summary?: unknown;
      readonly errors: readonly Trouble[];
    };
