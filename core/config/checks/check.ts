import type { Sections } from "../../schema/sections";

/** What a check of several fields looks at. */
export interface CheckInput {
  /** The sections without a problem of their own; one that was left out and may be is there as undefined. */
  readonly sections: Partial<Sections>;
  /** What was given. */
  readonly raw: unknown;
  readonly now: Date;
  readonly secretKeys?: ReadonlySet<string> | undefined;
  /** Given CAs and keys are not in it. */
  readonly secretsHidden?: boolean;
}

/** Returns one sentence for each problem. */
export type Check = (input: CheckInput) => string[];
