/** The output forms of `kube-pki status`: one row each. */
import { stringify } from "yaml";
import { statusPage } from "./html/page";
import { statusJunit } from "./junit";
import { statusMetrics } from "./prometheus";
import { statusDocument, type StatusReport } from "../stackStatus";
import { statusTable, type Paint } from "./table";

interface Form {
  readonly text: (report: StatusReport, paint: Paint) => string;
  /** Its rows say of which stack they are, also where there is one alone. */
  readonly namesStack: boolean;
}

export const FORMS = {
  table: { text: statusTable, namesStack: false },
  json: { text: (report) => `${JSON.stringify(statusDocument(report), null, 2)}\n`, namesStack: false },
  yaml: { text: (report) => stringify(statusDocument(report)), namesStack: false },
  prometheus: { text: statusMetrics, namesStack: true },
  junit: { text: statusJunit, namesStack: true },
  html: { text: statusPage, namesStack: true },
} as const satisfies Readonly<Record<string, Form>>;

export type FormName = keyof typeof FORMS;
export const FORM_NAMES = Object.keys(FORMS) as FormName[];
