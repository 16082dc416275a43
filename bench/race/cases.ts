/** What is raced. */

export interface Case {
  readonly title: string;
  /** Which certificates are others afterwards: all and the CAs, all leaves, one of one node alone, or none. */
  readonly changes: "all" | "leaves" | "one" | "none";
}

export const CASES = {
  renewal: { title: "every leaf is due", changes: "leaves" },
  rotation: { title: "all CAs and the token key are replaced", changes: "all" },
  "one-node": { title: "one worker gets another name", changes: "one" },
  "no-op-up": { title: "nothing to do", changes: "none" },
  "no-op-preview": { title: "what would be done: nothing", changes: "none" },
} as const satisfies Record<string, Case>;

export type CaseName = keyof typeof CASES;
export const CASE_NAMES = Object.keys(CASES) as CaseName[];

/** The name that the last worker gets in `one-node`. */
export const NEW_NAME = "another.example.com";
