/**
 * The allow-list of the node protocol (docs/node-protocol.md): every text that reaches a node's shell is of one of these kinds,
 * checked here and again on the node, by the same patterns (node/18-grammar.sh).
 */
import { ALGORITHMS } from "../model/algorithms";
import { DELETED, PATCHED, READ } from "../model/clusterObjects";
import { mustBe } from "./problem";

interface FieldRow {
  /** Extended regular expression without counts, which not every awk knows. */
  readonly pattern: string;
  readonly longest?: number;
  readonly shortest?: number;
  /** Where there are only these. */
  readonly choices?: readonly string[];
}

const oneOf = (...choices: readonly string[]) => ({ pattern: `^(${choices.join("|")})$`, choices });

const NAME = "[a-z0-9][a-z0-9.-]*";
const PART = "[a-z0-9][a-z0-9.:-]*";
const PATH = "/(etc|var/lib|opt|usr/local|srv)/[A-Za-z0-9._/@-]+";
const NAMESPACE = "[a-z0-9][a-z0-9-]*";

/** A kind that ends in `?` may be `-`: nothing. */
export const FIELDS = {
  name: { pattern: `^${NAME}$`, longest: 64 },
  unit: { pattern: "^[a-z0-9][a-z0-9.@-]*$", longest: 64 },
  part: { pattern: `^${PART}$`, longest: 64 },
  "part?": { pattern: `^(-|${PART})$`, longest: 64 },
  parts: { pattern: "^[a-z0-9][a-z0-9.:,-]*$" },
  "profile?": { pattern: `^(-|${NAME})$`, longest: 64 },
  path: { pattern: `^${PATH}$` },
  "path?": { pattern: `^(-|${PATH})$` },
  file: { pattern: "^[A-Za-z0-9._@-]+$" },
  mode: { pattern: "^0[0-7][0-7][0-7]$" },
  owner: { pattern: "^[a-z_][a-z0-9_-]*$", longest: 32 },
  subject: { pattern: "^[A-Za-z0-9:._-]+$", longest: 64 },
  san: { pattern: "^(DNS:[a-zA-Z0-9.*-]+|IP:[0-9a-f.:]+)$" },
  loss: { pattern: "^(DNS|IP|URI|email|other|usage):[A-Za-z0-9.*:/@_%?=&+~-]+$" },
  hostPort: { pattern: "^([A-Za-z0-9.-]+|\\[[0-9a-f:]+\\]):[0-9]+$" },
  url: { pattern: "^/[A-Za-z0-9._/?=&-]*$" },
  number: { pattern: "^[0-9]+$", longest: 12 },
  start: oneOf("existing", "bare"),
  scheme: oneOf("http", "https"),
  kind: oneOf("static-pod", "systemd"),
  act: oneOf("reload", "restart"),
  algorithm: oneOf(...ALGORITHMS),
  merge: oneOf("append", "prepend", "retire"),
  fate: oneOf("keep", "destroy"),
  sha256: { pattern: "^[0-9a-f]+$", longest: 64, shortest: 64 },
  which: { pattern: "^(any|[0-9a-f]+)$", longest: 64 },
  flag: { pattern: "^--[a-z0-9][a-z0-9-]*=[A-Za-z0-9._/:,@=-]*$" },
  option: { pattern: "^--[a-z0-9][a-z0-9-]*$" },
  halves: { pattern: `^(cert|key):${NAME}(,key:${NAME})?$` },
  keyId: { pattern: "^[A-Za-z0-9_-]+$", longest: 64 },
  serving: oneOf("renew"),
  gate: oneOf("scan", "tokens"),
  switch: oneOf("on", "off"),
  read: oneOf(...READ),
  patched: oneOf(...PATCHED),
  deleted: oneOf(...DELETED),
  patch: oneOf("json", "merge"),
  "namespace?": { pattern: `^(-|${NAMESPACE})$`, longest: 63 },
  object: { pattern: "^[a-z0-9][a-z0-9.:-]*$", longest: 253 },
  "fields?": oneOf("-", "metadata.name=kube-root-ca.crt", "spec.signerName=kubernetes.io/kubelet-serving"),
  "labels?": oneOf("-", "kube-pki/workers=kube-pki-workers"),
  authority: oneOf("kubernetes", "etcd", "frontproxy"),
  backup: { pattern: "^[0-9TZ]+-[0-9a-f]+(\\.[0-9]+)?$", longest: 64 },
  namespaced: { pattern: `^${NAMESPACE}/${NAME}$`, longest: 317 },
} as const satisfies Readonly<Record<string, FieldRow>>;

export type FieldKind = keyof typeof FIELDS;
export const FIELD_KINDS = Object.keys(FIELDS) as FieldKind[];

/** By kind, as the table has it. */
export const fieldRow = (kind: FieldKind): FieldRow => FIELDS[kind];

const PATTERNS: ReadonlyMap<FieldKind, RegExp> = new Map(
  FIELD_KINDS.map((kind) => [kind, new RegExp(FIELDS[kind].pattern)]),
);

const NODE_STATE = "/var/lib/kube-pki";

/** True when the text may be sent as this kind of field. */
export function isField(kind: FieldKind, text: string): boolean {
  const { longest = Infinity, shortest = 0 } = fieldRow(kind);
  if (PATTERNS.get(kind)?.test(text) !== true || text.length > longest || text.length < shortest) return false;
  if (!text.startsWith("/") || !kind.startsWith("path")) return true;
  const segments = text.split("/").slice(1);
  const plain = segments.every((segment) => segment !== "" && segment !== ".." && segment !== ".");
  return plain && text !== NODE_STATE && !text.startsWith(`${NODE_STATE}/`);
}

/** Returns the text, or throws naming what it was for: nothing unchecked gets into a payload. */
export function checkedField(kind: FieldKind, text: string, what: string): string {
  if (isField(kind, text)) return text;
  const { pattern, longest } = fieldRow(kind);
  const length = longest === undefined ? "" : `, at most ${String(longest)} characters`;
  throw new Error(mustBe(what, JSON.stringify(text), `${pattern}${length}`));
}
