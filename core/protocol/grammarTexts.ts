/** The list of lines (grammar.ts) as the node has it, and as docs/node-protocol.md tells it. */
import { FIELD_KINDS, fieldRow, type FieldKind } from "../format/protocolFields";
import { LINES } from "./grammar";
import { kindOf, labelOf, LINE_VERBS, type LineRow, type LineVerb } from "./lineRow";

const quoted = (text: string): string => JSON.stringify(text);

const typeText = (kind: FieldKind): string => {
  const { pattern, longest, shortest } = fieldRow(kind);
  const lengths = [
    ...(longest === undefined ? [] : [`long[${quoted(kind)}] = ${String(longest)}`]),
    ...(shortest === undefined ? [] : [`short[${quoted(kind)}] = ${String(shortest)}`]),
  ];
  return [`type[${quoted(kind)}] = ${quoted(pattern)}`, ...lengths].join("; ");
};

const shapeText = ({ verbs, word, fields }: LineRow): string =>
  `${verbs.map((verb) => `shape[${quoted(`${verb} ${word}`)}] = `).join("")}${quoted(fields.map(kindOf).join(" "))}`;

/** node/18-grammar.sh: awk's tables of what may stand in a payload, for `read_plan`. */
export const grammarScript = (): string => `# ---- payload: the lines of each verb, and what their fields may be -------
# Written by \`npm run protocol\` from core/protocol/grammar.ts.

# shellcheck disable=SC2016,SC2034 # awk's text, for read_plan
GRAMMAR='
${[...FIELD_KINDS.map(typeText), ...LINES.map(shapeText)].map((each) => `  ${each}\n`).join("")}'
`;

const fieldText = (field: LineRow["fields"][number]): string => {
  const { choices } = fieldRow(kindOf(field));
  const label = labelOf(field);
  if (label !== undefined) return `<${label}>`;
  const spelled: Partial<Record<FieldKind, string>> = {
    parts: "<part>[,<part>...]",
    hostPort: "<host:port>",
    namespaced: "<namespace/name>",
    "profile?": "<profile|->",
  };
  const kind = kindOf(field);
  return spelled[kind] ?? (choices === undefined || kind === "algorithm" ? `<${kind}>` : choices.join("|"));
};

const WIDTH = 38;
const docLine = (form: string, says: string): string =>
  says === "" ? form : form.length < WIDTH ? `${form.padEnd(WIDTH)} ${says}` : `${form}     ${says}`;

const docLines = ({ word, fields, says }: LineRow): string[] =>
  typeof says === "string"
    ? [docLine([word, ...fields.map(fieldText)].join(" "), says)]
    : says.map(([form, text]) => docLine(form, text));

const blockOf = (verb: LineVerb): string =>
  LINES.filter(({ verbs }) => verbs[0] === verb)
    .flatMap(docLines)
    .map((each) => `${each}\n`)
    .join("");

const ALLOWED: readonly (readonly [string, string])[] = FIELD_KINDS.map((kind) => {
  const { pattern, longest, shortest } = fieldRow(kind);
  const length =
    longest === undefined ? "" : `, ${shortest === longest ? "" : "at most "}${String(longest)} characters`;
  const folders = kind.startsWith("path") ? "; no `..`, no `//`, not under `/var/lib/kube-pki/`" : "";
  return [kind, `\`${pattern.replaceAll("|", "\\|")}\`${length}${folders}`];
});

const tableOf = (header: readonly [string, string], rows: typeof ALLOWED): string => {
  const all = [header, ...rows];
  const widths = [0, 1].map((at) => Math.max(...all.map((row) => (row[at] ?? "").length)));
  const cells = (row: readonly string[]) => `| ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(" | ")} |\n`;
  return [header, widths.map((width) => "-".repeat(width)), ...rows].map(cells).join("");
};

const replaced = (text: string, pattern: RegExp, by: string): string => {
  if (!pattern.test(text)) throw new Error(`docs/node-protocol.md: nothing like ${pattern.source} is in it`);
  return text.replace(pattern, (_all, before: string, after: string) => before + by + after);
};

/** docs/node-protocol.md with its lists as they follow from the table; the rest stays. */
export const documented = (text: string): string =>
  LINE_VERBS.reduce(
    (now, verb) => replaced(now, new RegExp(`(\\n### ${verb}\\n[^]*?\\n\`\`\`\\n)[^]*?(\`\`\`\\n)`), blockOf(verb)),
    replaced(text, /(\n\n)\| field[^]*?\|\n(\n)/, tableOf(["field", "allowed"], ALLOWED)),
  );
