import { readFileSync } from "node:fs";
import { tableText, type Column } from "../core/report/report";
import { dueReport, type DueReport, type DueRow, type NodeEffect, type ServiceChange } from "./dueReport";
import { EXIT, Failure, type Exit } from "./failure";
import { JSON_OPTION, momentOption, parsedOptions, STACK_OPTIONS } from "./options";
import { parsedPreview, previewedConfig, runPreview } from "./preview";
import type { Spec } from "./usage/spec";

export const SPEC = {
  summary: "what the next `pulumi up` renews, why, and which services restart",
  options: {
    ...STACK_OPTIONS,
    preview: {
      type: "string",
      value: "FILE",
      offers: "files",
      text: "read this output of `pulumi preview --json` instead of running it; - is stdin",
    },
    drift: {
      type: "boolean",
      default: false,
      text: "read the nodes too: what was changed there behind the stack's back (docs/drift.md)",
    },
    "exit-code": { type: "boolean", default: false, text: "exit 1 if anything is due or would change" },
    "as-of": {
      type: "string",
      value: "TIME",
      text: "time the preview was made for; by default asOf of the stack, or now",
    },
    ...JSON_OPTION,
  },
  examples: [
    ["due --stack prod", "before a `pulumi up`: what it is going to do, and what restarts"],
    ["due --exit-code --drift", "a nightly job: fails if the stack and its nodes are not what they should be"],
    ["due --preview preview.json", "in a pipeline that has run `pulumi preview --json` already"],
  ],
  page: "renewal-clock.md",
} as const satisfies Spec;

export async function command(args: readonly string[]): Promise<Exit> {
  const options = parsedOptions(args, SPEC.options);
  const asOf = options["as-of"] === undefined ? undefined : momentOption(options["as-of"]);
  const preview =
    options.preview === undefined
      ? await runPreview(options, options.drift ? { [READS_NODES]: "true" } : {})
      : parsedPreview(textOf(options.preview));
  const report = dueReport(preview.steps, previewedConfig(preview, new Date(), asOf), preview);
  process.stdout.write(options.json ? `${JSON.stringify(report, null, 2)}\n` : dueText(report));
  const isQuiet = [report.due, report.effects ?? [], report.drift, report.otherChanges].every(
    (part) => part.length === 0,
  );
  return options["exit-code"] && !isQuiet ? EXIT.attention : EXIT.fine;
}

function textOf(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new Failure(`--preview: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** As components/stackFile.ts reads it. */
const READS_NODES = "KUBE_PKI_DETECT_DRIFT";

const COLUMNS: readonly Column<DueRow>[] = [
  { title: "NODE", cell: ({ node }) => node },
  { title: "CERTIFICATE", cell: ({ certificate }) => certificate },
  { title: "NOT AFTER", cell: ({ notAfter }) => notAfter?.slice(0, 10) ?? "-" },
  { title: "REASON", cell: ({ reason }) => reason },
];

const effectText = ({ node, step, restarts, reloads }: NodeEffect): string => {
  const says = [
    ...(restarts.length > 0 ? [`restarts ${restarts.map(reasoned).join(", ")}`] : []),
    ...(reloads.length > 0 ? [`reloads ${reloads.map(({ service }) => service).join(", ")}`] : []),
  ];
  return `${step === undefined ? node : `${node}, ${step}`}: ${says.join("; ") || "restarts nothing"}\n`;
};

const reasoned = ({ service, reasons }: ServiceChange): string => `${service} (${reasons.join("; ")})`;

export function dueText({ due: rows, effects, phases, drift, otherChanges }: DueReport): string {
  const services =
    effects?.map(effectText).join("") ?? "which services restart is unknown: the configuration is encrypted\n";
  const certificates = rows.length === 0 ? "no certificate is due\n" : `${tableText(COLUMNS, rows)}\n`;
  return (
    certificates +
    (rows.length > 0 || (effects ?? []).length > 0 ? services : "") +
    phases.map((each) => `${each}\n`).join("") +
    drift.map((each) => `changed behind the stack's back: ${each}\n`).join("") +
    otherChanges.map((each) => `also: ${each}\n`).join("")
  );
}
