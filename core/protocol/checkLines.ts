/** Payloads are checked against the list of lines (grammar.ts) before they are sent. */
import { checkedField, type FieldKind } from "../format/protocolFields";
import { LINES } from "./grammar";
import { kindOf, type LineVerb } from "./lineRow";

const KNOWN: ReadonlyMap<string, readonly FieldKind[]> = new Map(
  LINES.flatMap(({ verbs, word, fields }) => verbs.map((verb) => [`${verb} ${word}`, fields.map(kindOf)] as const)),
);

/** @throws where a line is not of the list: the node would refuse it */
export const checkLines = (verb: LineVerb, lines: readonly string[]): void => {
  let text = 0; // lines of a part that are still to come
  for (const each of lines) {
    if (text > 0) {
      text -= 1;
      continue;
    }
    const [word = "", ...fields] = each.split(" ");
    const kinds = KNOWN.get(`${verb} ${word}`);
    if (kinds === undefined)
      throw new Error(`node protocol, ${verb}: core/protocol/grammar.ts has no line \`${word}\``);
    if (kinds.length !== fields.length)
      throw new Error(
        `node protocol, ${verb}: ${word} takes ${String(kinds.length)} fields, not ${String(fields.length)}`,
      );
    for (const [at, kind] of kinds.entries()) checkedField(kind, fields[at] ?? "", `node protocol, ${verb} ${word}`);
    if (word === "part") text = Number(fields[1]);
  }
};
