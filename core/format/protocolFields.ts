import { mustBe } from "./problem";

/**
 * The allow-list of the node protocol (docs/node-protocol.md): every text that reaches a node's shell
 * matches one of these, checked here and again on the node.
 */
export const FIELD_PATTERNS = {
  name: /^[a-z0-9][a-z0-9.-]{0,63}$/,
  part: /^[a-z0-9][a-z0-9.:-]{0,63}$/,
  path: /^\/(?:etc|var\/lib|opt|usr\/local|srv)\/[A-Za-z0-9._/@-]+$/,
  mode: /^0[0-7]{3}$/,
  owner: /^[a-z_][a-z0-9_-]{0,31}$/,
  subject: /^[A-Za-z0-9:._-]{1,64}$/,
  san: /^(?:DNS:[a-zA-Z0-9.*-]+|IP:[0-9a-f.:]+)$/,
  seconds: /^[0-9]{1,12}$/,
  keyId: /^[A-Za-z0-9_-]{1,64}$/,
  hostPort: /^(?:[A-Za-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]+$/,
} as const;

export type FieldKind = keyof typeof FIELD_PATTERNS;

const NODE_STATE = "/var/lib/kube-pki";

/** True when the text may be sent as this kind of field. */
export function isField(kind: FieldKind, text: string): boolean {
  if (!FIELD_PATTERNS[kind].test(text)) return false;
  if (kind !== "path") return true;
  const segments = text.split("/").slice(1);
  const plain = segments.every((segment) => segment !== "" && segment !== ".." && segment !== ".");
  return plain && text !== NODE_STATE && !text.startsWith(`${NODE_STATE}/`);
}

/** Returns the text, or throws naming what it was for: nothing unchecked gets into a payload. */
export function checkedField(kind: FieldKind, text: string, what: string): string {
  if (isField(kind, text)) return text;
  throw new Error(mustBe(what, JSON.stringify(text), FIELD_PATTERNS[kind].source));
}
