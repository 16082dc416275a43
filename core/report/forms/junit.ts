/** The status as a test report (JUnit XML), which every CI shows: a certificate is a case, one that needs attention has failed. */
import type { CaStatus, LeafStatus, StatusReport } from "../stackStatus";
import { needsAttention, STATUS } from "../status";
import { markup } from "./markup";

interface Case {
  readonly stack: string;
  readonly place: string;
  readonly name: string;
  /** Why it has failed; undefined: it has passed. */
  readonly failure: { readonly type: string; readonly message: string } | undefined;
}

const failureOf = ({ status, notAfter, ...row }: CaStatus | LeafStatus): Case["failure"] => {
  const message = (what: string): string => `${what}; not after ${notAfter}`;
  if (needsAttention(status)) return { type: status, message: message(STATUS[status].text) };
  const unreachable = "onNode" in row && row.onNode === "unreachable";
  return unreachable ? { type: "unreachable", message: message("its node could not be asked") } : undefined;
};

const casesOf = ({ authorities, certificates }: StatusReport): readonly Case[] => [
  ...authorities.map((row) => ({
    stack: row.stack ?? "",
    place: "ca",
    name: `${row.authority} generation ${String(row.generation)}`,
    failure: failureOf(row),
  })),
  ...certificates.map((row) => ({
    stack: row.stack ?? "",
    place: row.node,
    name: row.certificate,
    failure: failureOf(row),
  })),
];

const caseText = ({ stack, place, name, failure }: Case): string => {
  const attributes = `classname="${markup(`${stack}.${place}`)}" name="${markup(name)}"`;
  if (failure === undefined) return `    <testcase ${attributes}/>`;
  const { type, message } = failure;
  return `    <testcase ${attributes}>\n      <failure type="${markup(type)}" message="${markup(message)}"/>\n    </testcase>`;
};

const counts = (cases: readonly Case[]): string =>
  `tests="${String(cases.length)}" failures="${String(cases.filter(({ failure }) => failure !== undefined).length)}"`;

export const statusJunit = (report: StatusReport): string => {
  const cases = casesOf(report);
  const suites = [...new Set(cases.map(({ stack }) => stack))].map((stack) => {
    const own = cases.filter((each) => each.stack === stack);
    const timestamp = report.asOf.toISOString().slice(0, 19);
    return [
      `  <testsuite name="${markup(stack)}" ${counts(own)} errors="0" skipped="0" timestamp="${timestamp}">`,
      ...own.map(caseText),
      "  </testsuite>",
    ].join("\n");
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', `<testsuites name="kube-pki" ${counts(cases)}>`, ...suites]
    .concat("</testsuites>", "")
    .join("\n");
};
