/** What a row of the list of lines (grammar.ts) says. */
import type { FieldKind } from "../format/protocolFields";

/** What nodes are asked for with lines of their own. */
export const LINE_VERBS = ["request", "apply", "trust", "check", "alive", "issue", "restore", "objects"] as const;
export type LineVerb = (typeof LINE_VERBS)[number];

/** A field; `kind=label` where the kind alone does not tell what it is. */
type Field = FieldKind | `${FieldKind}=${string}`;

/** For docs/node-protocol.md: what the line is for, or that of each form it has, where it has several. */
type Says = string | readonly (readonly [form: string, says: string])[];

export interface LineRow {
  /** Documented with the first of them. */
  readonly verbs: readonly LineVerb[];
  readonly word: string;
  readonly fields: readonly Field[];
  readonly says: Says;
}

/** Fields that several lines have. */
export const NODE = ["name"] as const;
export const PART = ["part=name", "number=n"] as const;

/** A row; verbs apart by blanks. */
export const line = (verbs: string, word: string, fields: readonly Field[], says: Says = ""): LineRow => ({
  verbs: verbs.split(" ") as LineVerb[],
  word,
  fields,
  says,
});

/** Of a field of a row. */
export const kindOf = (field: Field): FieldKind => field.split("=")[0] as FieldKind;
export const labelOf = (field: Field): string | undefined => field.split("=")[1];
