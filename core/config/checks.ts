import type { Sections } from "./schema";
import type { Path } from "./problems";

export interface CheckInput {
  readonly sections: Partial<Sections>;
  readonly raw: unknown;
  readonly now: Date;
  readonly secretKeys: ReadonlySet<string>;
}
export const crossProblems = (_input: CheckInput): string[] => [];
export type { Path };
