import { NO_NODE } from "../core/certificates/renewAt";
import { formatDuration } from "../core/format/duration";
import { isToRotateWithin, rotationDueText, type AuthorityRow } from "../core/report/authorityRows";
import {
  authorityColumns,
  certificateColumns,
  certificateJson,
  endsWithin,
  tableText,
  type CertificateRow,
  type Column,
} from "../core/report/report";
import { EXIT, type Exit } from "./failure";
import { queryNodes, comparison, unknownCertificates, type OnNode } from "./nodeStatus";
import { AS_OF_OPTION, durationOption, JSON_OPTION, momentOption, parsedOptions, STACK_OPTIONS } from "./options";
import { SSH_OPTIONS } from "./sshArgs";
import { stackOutputs } from "./stackOutputs";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  ...STACK_OPTIONS,
  within: {
    type: "string",
    default: "0",
    value: "TIME",
    text:
      "exit 1 if a certificate expires, or a CA has to be rotated, within this; by default if one has expired, or a CA signs " +
      "that certificates of their full validity would outlive",
  },
  nodes: {
    type: "boolean",
    default: false,
    text: "ask every node over ssh which certificates it holds and serves",
  },
  ...SSH_OPTIONS,
  ...AS_OF_OPTION,
  ...JSON_OPTION,
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "every CA and leaf certificate of a stack",
  options: OPTIONS,
  examples: [
    ["status", "the selected stack"],
    ["status --within 30d", "exits 1 if something ends within 30 days"],
    ["status --nodes", "also what the nodes hold and serve"],
  ],
};

type StatusRow = CertificateRow & { readonly onNode?: OnNode };

export async function command(args: readonly string[]): Promise<Exit> {
  const options = parsedOptions(args, OPTIONS);
  const window = durationOption("within", options.within);
  const now = momentOption(options["as-of"]);
  const outputs = await stackOutputs(options);
  const answers = options.nodes ? await queryNodes(outputs.nodes, options) : undefined;
  const rows = outputs.certificates.map((row): StatusRow =>
    answers === undefined || row.node === NO_NODE ? row : { ...row, onNode: comparison(row, answers.get(row.node)) },
  );
  const remarks = [
    ...[...(answers ?? [])].flatMap(([node, answer]) => unknownCertificates(node, answer, rows)),
    ...outputs.authorities.filter((row) => isToRotateWithin(row, now, window)).map((row) => rotationDueText(row, now)),
    ...rows.filter((row) => endsWithin(row, now, window)).map((row) => endingText(row, now, window)),
  ];
  process.stdout.write(
    options.json
      ? certificateJson(rows, now, { authorities: outputs.authorities, remarks })
      : statusText(outputs.authorities, rows, now),
  );
  process.stderr.write(remarks.map((remark) => `${remark}\n`).join(""));
  const fine = remarks.length === 0 && rows.every(({ onNode }) => onNode === undefined || onNode === "same");
  return fine ? EXIT.fine : EXIT.attention;
}

const endingText = ({ node, certificate, notAfter }: CertificateRow, now: Date, window: number): string =>
  endsWithin({ notAfter }, now, 0)
    ? `${node}: ${certificate} expired ${notAfter}`
    : `${node}: ${certificate} expires ${notAfter}, within ${formatDuration(window)}`;

const ON_NODE: Column<StatusRow> = { title: "ON THE NODE", cell: (row) => row.onNode ?? "" };

function statusText(authorities: readonly AuthorityRow[], rows: readonly StatusRow[], now: Date): string {
  if (rows.length === 0) return "the stack has no certificates\n";
  const cas = authorities.length === 0 ? "" : `${tableText(authorityColumns(now), authorities)}\n`;
  const asked = rows.some(({ onNode }) => onNode !== undefined);
  return cas + tableText<StatusRow>([...certificateColumns(now), ...(asked ? [ON_NODE] : [])], rows);
}
