/** Reads a payload of the product as a node does (docs/node-protocol.md), so that the model follows what is really sent. */
export interface Payload {
  readonly verb: string;
  /** What tells this payload from others. */
  readonly sum: string;
  readonly parts: ReadonlyMap<string, readonly string[]>;
  /** Every other line, by its first word. */
  readonly lines: (word: string) => readonly (readonly string[])[];
}

export const readPayload = (text: string): Payload => {
  const [head = "", ...body] = text.trimEnd().split("\n");
  const [, , verb = "", , sum = ""] = head.split(" ");
  const parts = new Map<string, readonly string[]>();
  const lines = new Map<string, string[][]>();
  for (let at = 0; at < body.length; at++) {
    const [word = "", ...fields] = (body[at] ?? "").split(" ");
    if (word === "part") {
      const count = Number(fields[1]);
      parts.set(fields[0] ?? "", body.slice(at + 1, at + 1 + count));
      at += count;
    } else lines.set(word, [...(lines.get(word) ?? []), fields]);
  }
  return { verb, sum, parts, lines: (word) => lines.get(word) ?? [] };
};
