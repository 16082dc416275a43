import type { Sections } from "../../schema/sections";

/** What a check of several fields looks at. */
export interface CheckInput {
  /** The sections without a problem of their own; an optional section that was left out is undefined. */
  readonly sections: Partial<Sections>;
  /** What was given. */
  readonly raw: unknown;
  /** The time that is planned for. */
  readonly now: Date;
  /** The present, whatever is planned for. */
  readonly began: Date;
  readonly secretKeys?: ReadonlySet<string> | undefined;
  /** The values have no existing CAs and keys (ParseContext). */
  readonly secretsHidden?: boolean;
}

/** Returns one sentence for each problem. */
export type Check = (input: CheckInput) => string[];
