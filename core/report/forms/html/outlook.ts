/** What is asked first, before any line of a table: where a rotation stands, what is renewed next, which CA has to go first. */
import { counted } from "../../../format/counted";
import { day } from "../../../format/day";
import { NO_NODE } from "../../../certificates/renewAt";
import { AT_REST } from "../../../model/phases";
import { commonName } from "../../report";
import type { CaStatus, LeafStatus, StatusReport } from "../../stackStatus";
import { markup } from "../markup";

/** More than these are counted. */
const MOST_LISTED = 5;

const listed = (names: readonly string[]): string => {
  const rest = names.length - MOST_LISTED;
  return [...names.slice(0, MOST_LISTED), ...(rest > 0 ? [`${String(rest)} more`] : [])].join(", ");
};

/** What it is about, and the answer. */
type Fact = readonly [string, string];

/** The row whose moment comes first after `now`. */
const nextOf = <T>(rows: readonly T[], momentOf: (row: T) => string, now: Date): T | undefined =>
  rows
    .filter((row) => Date.parse(momentOf(row)) > now.getTime())
    .reduce<T | undefined>(
      (first, row) => (first === undefined || Date.parse(momentOf(row)) < Date.parse(momentOf(first)) ? row : first),
      undefined,
    );

const when = (iso: string, now: Date): string =>
  `${day(new Date(iso))}, in ${counted(Math.floor((Date.parse(iso) - now.getTime()) / 86_400_000), "day")}`;

/** One sentence for each authority whose newest generation is not in use everywhere yet. */
const rotations = (authorities: readonly CaStatus[], placed: Placed): readonly string[] => {
  const newest = authorities.filter(
    (row) =>
      !authorities.some(
        ({ stack, authority, generation }) =>
          stack === row.stack && authority === row.authority && generation > row.generation,
      ),
  );
  return newest
    .filter(({ phase }) => phase !== AT_REST.phase)
    .map(({ stack, authority, generation, phase, nextPhaseFrom }) => {
      const soaking = nextPhaseFrom === undefined ? "" : `, the next one from ${day(new Date(nextPhaseFrom))}`;
      return placed(stack, `${authority} to generation ${String(generation)}, phase ${phase}${soaking}`);
    });
};

/** With the stack's name, where the page is of several. */
export type Placed = (stack: string | undefined, text: string) => string;

const factsOf = ({ asOf, authorities, certificates }: StatusReport, placed: Placed): readonly Fact[] => {
  const nameOf = ({ stack, node, certificate }: LeafStatus): string =>
    placed(stack, node === NO_NODE ? certificate : `${node} ${certificate}`);
  const moving = rotations(authorities, placed);
  const leaf = nextOf(certificates, ({ nextRenewal }) => nextRenewal, asOf);
  const ca = nextOf(
    authorities.filter(({ signs }) => signs),
    ({ rotateBefore }) => rotateBefore,
    asOf,
  );
  const due = certificates.filter(({ status }) => status === "due");
  return [
    ...(authorities.length === 0
      ? []
      : [["Rotation", moving.length === 0 ? "none, every CA is at rest" : moving.join("; ")] as const]),
    ...(due.length === 0 ? [] : [["Due now", `the next \`pulumi up\` renews ${listed(due.map(nameOf))}`] as const]),
    ...(leaf === undefined ? [] : [["Next renewal", `${when(leaf.nextRenewal, asOf)}: ${nameOf(leaf)}`] as const]),
    ...(ca === undefined
      ? []
      : [
          [
            "Next CA to rotate",
            `before ${when(ca.rotateBefore, asOf)}: ${placed(ca.stack, ca.authority)} (${commonName(ca.subject)})`,
          ] as const,
        ]),
  ];
};

export const outlook = (report: StatusReport, placed: Placed): string => {
  const facts = factsOf(report, placed);
  const items = facts.map(([what, text]) => `<div><dt>${what}</dt><dd>${markup(text)}</dd></div>`);
  return items.length === 0 ? "" : `<dl class="facts">${items.join("")}</dl>`;
};
