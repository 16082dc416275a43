/** What is due as Markdown, for a comment on a change. Pure. */
import type { DueReport, DueRow, NodeEffect, ServiceChange } from "./dueReport";

/** Systems for code review refuse a comment that is too long (GitHub: 65,536 characters). */
const MOST_ROWS = 100;

export const EFFECTS_UNKNOWN = "which services restart is unknown: the configuration is encrypted";

/** What becomes of a node's services: `w1: restarts kubelet (..)`. */
export const effectText = ({ node, step, restarts, reloads }: NodeEffect): string => {
  const says = [
    ...(restarts.length > 0 ? [`restarts ${restarts.map(reasoned).join(", ")}`] : []),
    ...(reloads.length > 0 ? [`reloads ${reloads.map(({ service }) => service).join(", ")}`] : []),
  ];
  return `${step === undefined ? node : `${node}, ${step}`}: ${says.join("; ") || "restarts nothing"}`;
};

/** One line at most. */
export const loginTexts = (nodes: readonly string[]): string[] =>
  nodes.length === 0
    ? []
    : [`the ssh login of ${nodes.join(", ")} changes: each is visited once, and no certificate changes for it`];

const reasoned = ({ service, reasons }: ServiceChange): string => `${service} (${reasons.join("; ")})`;

/** Text that Markdown and HTML leave as it is. */
const plain = (text: string): string =>
  text.replace(/\s+/g, " ").replace(/[\\`*_[\]<>|~#@]/g, (sign) => `&#${String(sign.charCodeAt(0))};`);

const list = (lines: readonly string[]): string[] => [
  ...lines.slice(0, MOST_ROWS).map((line) => `- ${plain(line)}`),
  ...cut(lines.length),
];

const cut = (count: number): string[] =>
  count > MOST_ROWS ? ["", `and ${String(count - MOST_ROWS)} more: \`kube-pki due\` lists all`] : [];

const table = (rows: readonly DueRow[]): string[] => [
  "| node | certificate | in use until | why it is issued anew |",
  "| --- | --- | --- | --- |",
  ...rows
    .slice(0, MOST_ROWS)
    .map(
      ({ node, certificate, notAfter, reason }) =>
        `| ${[node, certificate, notAfter?.slice(0, 10) ?? "-", reason].map(plain).join(" | ")} |`,
    ),
  ...cut(rows.length),
];

/** Paragraphs without those that have nothing to say. */
const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`**${title}**`, "", ...list(lines), ""];

/** @param stack its name, for the heading; undefined: none is given */
export const dueMarkdown = (
  { due, effects, phases, drift, login, otherChanges }: DueReport,
  stack: string | undefined,
): string => {
  const isQuiet = [due, effects ?? [], phases, drift, login, otherChanges].every((part) => part.length === 0);
  const lines = [
    `### kube-pki${stack === undefined ? "" : `: ${plain(stack)}`}`,
    "",
    ...(isQuiet ? ["`pulumi up` changes nothing.", ""] : []),
    ...(due.length === 0 ? [] : [...table(due), ""]),
    ...section(
      "Services",
      due.length + (effects ?? []).length === 0 ? [] : (effects?.map(effectText) ?? [EFFECTS_UNKNOWN]),
    ),
    ...section("Phases", phases),
    ...section("Changed behind the stack's back", drift),
    ...section("Login", loginTexts(login)),
    ...section("Also", otherChanges),
  ];
  return lines.join("\n");
};
