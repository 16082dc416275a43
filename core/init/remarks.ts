/** What is told about a cluster beside its stack file: one sentence each, of a closed set of kinds. */

/** In the order in which they are told. */
export const REMARKS = {
  /** Somebody has to write it into the stack file, which does not hold all of the cluster without it. */
  missing: "the stack file lacks",
  /** Could not be found or read; the stack file has a default, or does without it. */
  unfound: "not found",
  /** The first `pulumi up` stops before any change until somebody acts on it. */
  refused: "the first `pulumi up` is refused until you act on this",
  /** The first `pulumi up` changes it. */
  changed: "the first `pulumi up` changes",
  /** Is there and stays, but the stack file has no field for it: the stack neither renews nor restarts it. */
  left: "found, and left as it is",
} as const;

export type RemarkKind = keyof typeof REMARKS;
export const REMARK_KINDS = Object.keys(REMARKS) as RemarkKind[];

export interface Remark {
  readonly kind: RemarkKind;
  readonly text: string;
}

export const remark = (kind: RemarkKind, text: string): Remark => ({ kind, text });

/** What a function found out, and what is to be told about it. */
export interface Found<T> {
  readonly value: T;
  readonly remarks: readonly Remark[];
}

interface OnNode {
  readonly node: string;
  readonly text: string;
}

/** The same sentence about several nodes is told once: "cp1, cp2: kube-apiserver reads ...". */
export const together = (kind: RemarkKind, said: readonly OnNode[]): Remark[] => {
  const nodes = new Map<string, string[]>();
  for (const { node, text } of said) {
    const names = nodes.get(text) ?? [];
    if (!names.includes(node)) nodes.set(text, [...names, node]);
  }
  return [...nodes].map(([text, names]) => remark(kind, `${names.join(", ")}: ${text}`));
};

/** What most of them say, the first of those that are as frequent; undefined for none. */
export const mostCommon = <T extends string | number>(values: readonly T[]): T | undefined => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce<readonly [T, number] | undefined>(
    (best, each) => (best === undefined || each[1] > best[1] ? each : best),
    undefined,
  )?.[0];
};
