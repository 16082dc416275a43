import { tableText, type Column } from "../core/report/report";
import { dueMarkdown, EFFECTS_UNKNOWN, effectText, loginTexts } from "./dueMarkdown";
import { dueReport, type DueReport, type DueRow } from "./dueReport";
import { EXIT, Failure, type Exit } from "./failure";
import { JSON_OPTION, momentOption, oneOf, parsedOptions, STACK_OPTIONS, textOfFile } from "./options";
import { parsedPreview, previewedConfig, runPreview } from "./preview";
import type { Spec } from "./usage/spec";

/** What a run may be asked to fail for, and whether a report has it. */
const FOUND = {
  due: ({ due, effects }) => due.length + (effects ?? []).length > 0,
  drift: ({ drift }) => drift.length > 0,
  change: ({ login, otherChanges }) => login.length + otherChanges.length > 0,
} as const satisfies Readonly<Record<string, (report: DueReport) => boolean>>;

const FINDINGS = ["due", "drift", "change"] as const satisfies readonly (keyof typeof FOUND)[];

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
    "fail-on": {
      type: "string",
      multiple: true,
      value: "WHAT",
      offers: FINDINGS,
      text: `exit 1 for ${FINDINGS.join(", ")} alone; may be given several times. --exit-code is all of them`,
    },
    markdown: {
      type: "boolean",
      default: false,
      text: "print Markdown: the text of a comment on a change, its table cut off after 100 rows",
    },
    "as-of": {
      type: "string",
      value: "TIME",
      text: "time the preview was made for; by default asOf of the stack, or now",
    },
    ...JSON_OPTION,
  },
  examples: [
    ["due --stack prod", "before a `pulumi up`: what it is going to do, and what restarts"],
    ["due --drift --fail-on drift", "a nightly job: fails if somebody has changed a node"],
    ["due --stack prod --markdown", "a comment on a change of the stack file"],
    ["due --preview preview.json", "in a pipeline that has run `pulumi preview --json` already"],
  ],
  page: "renewal-clock.md",
} as const satisfies Spec;

export async function command(args: readonly string[]): Promise<Exit> {
  const options = parsedOptions(args, SPEC.options);
  if (options.json && options.markdown) throw new Failure("--json and --markdown: give one of them");
  const failsOn = options["exit-code"]
    ? FINDINGS
    : (options["fail-on"] ?? []).map((word) => oneOf("--fail-on", word, FINDINGS));
  const asOf = options["as-of"] === undefined ? undefined : momentOption(options["as-of"]);
  const preview =
    options.preview === undefined
      ? await runPreview(options, options.drift ? { [READS_NODES]: "true" } : {})
      : parsedPreview(textOfFile("preview", options.preview));
  const report = dueReport(preview.steps, previewedConfig(preview, new Date(), asOf), preview);
  process.stdout.write(
    options.json
      ? `${JSON.stringify(report, null, 2)}\n`
      : options.markdown
        ? dueMarkdown(report, options.stack)
        : dueText(report),
  );
  return failsOn.some((each) => FOUND[each](report)) ? EXIT.attention : EXIT.fine;
}

/** As components/stackFile.ts reads it. */
const READS_NODES = "KUBE_PKI_DETECT_DRIFT";

const COLUMNS: readonly Column<DueRow>[] = [
  { title: "NODE", cell: ({ node }) => node },
  { title: "CERTIFICATE", cell: ({ certificate }) => certificate },
  { title: "NOT AFTER", cell: ({ notAfter }) => notAfter?.slice(0, 10) ?? "-" },
  { title: "REASON", cell: ({ reason }) => reason },
];

export function dueText({ due: rows, effects, phases, drift, login, otherChanges }: DueReport): string {
  const services = effects?.map((each) => `${effectText(each)}\n`).join("") ?? `${EFFECTS_UNKNOWN}\n`;
  const certificates = rows.length === 0 ? "no certificate is due\n" : `${tableText(COLUMNS, rows)}\n`;
  return (
    certificates +
    (rows.length > 0 || (effects ?? []).length > 0 ? services : "") +
    phases.map((each) => `${each}\n`).join("") +
    drift.map((each) => `changed behind the stack's back: ${each}\n`).join("") +
    loginTexts(login)
      .map((each) => `${each}\n`)
      .join("") +
    otherChanges.map((each) => `also: ${each}\n`).join("")
  );
}
