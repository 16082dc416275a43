/** What `kube-pki status` knows of one stack or several: every output form is made from it. */
import { formatDuration } from "../format/duration";
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import { isToRotateWithin, rotationDueText, type AuthorityRow } from "./authorityRows";
import { daysLeft, endsWithin, type CertificateRow } from "./report";
import { caStatus, leafStatus, needsAttention, type OnNode, type Status } from "./status";

interface Common {
  /** Of several, or where the form names it. */
  readonly stack?: string | undefined;
  readonly status: Status;
  /** Whole days, negative once it has expired. */
  readonly daysLeft: number;
}

export interface LeafStatus extends CertificateRow, Common {
  readonly onNode?: OnNode | undefined;
}

export interface CaStatus extends AuthorityRow, Common {}

/** What was asked of one stack. */
export interface StackFacts {
  readonly stack?: string | undefined;
  readonly authorities: readonly AuthorityRow[];
  readonly certificates: readonly (CertificateRow & { readonly onNode?: OnNode | undefined })[];
  /** What nodes serve and the stack does not have, and what could not be asked: a sentence each, and the node it is about. */
  readonly nodeRemarks: readonly { readonly node: string; readonly text: string }[];
}

export interface StatusReport {
  readonly asOf: Date;
  readonly authorities: readonly CaStatus[];
  readonly certificates: readonly LeafStatus[];
  /** What needs attention, a sentence each. */
  readonly remarks: readonly string[];
  /** Those of them that say more than a row does: of nodes, and what to do about a CA. */
  readonly explanations: readonly string[];
}

/** Empty: all. */
export interface Filter {
  readonly nodes: readonly string[];
  readonly statuses: readonly Status[];
  readonly authorities: readonly AuthorityName[];
}

const isIn = <T>(list: readonly T[], value: T): boolean => list.length === 0 || list.includes(value);

/** The authorities whose CA has signed it; more than one where they share a CA. */
export const signersOf = ({ issuer }: CertificateRow, rows: readonly AuthorityRow[]): readonly AuthorityName[] =>
  AUTHORITIES.filter((name) => rows.some(({ authority, subject }) => authority === name && subject === issuer));

const overdueText = ({ node, certificate, nextRenewal }: CertificateRow): string =>
  `${node}: ${certificate} was due ${nextRenewal}, and no \`pulumi up\` has renewed it since`;

const endText = ({ node, certificate, notAfter }: CertificateRow, now: Date, within: number): string =>
  endsWithin({ notAfter }, now, 0)
    ? `${node}: ${certificate} expired ${notAfter}`
    : `${node}: ${certificate} expires ${notAfter}, within ${formatDuration(within)}`;

const leafRemark = (row: LeafStatus, now: Date, within: number): readonly string[] => {
  if (endsWithin(row, now, within)) return [endText(row, now, within)];
  return row.status === "overdue" ? [overdueText(row)] : [];
};

/** One stack as of `now`; only what the filter lets through counts. */
const oneStatus = (facts: StackFacts, now: Date, within: number, filter: Filter): Omit<StatusReport, "asOf"> => {
  const { stack } = facts;
  const label = stack === undefined ? {} : { stack };
  const authorities = facts.authorities
    .map((row): CaStatus => ({ ...label, ...row, daysLeft: daysLeft(row, now), status: caStatus(row, now, within) }))
    .filter(({ authority, status }) => isIn(filter.authorities, authority) && isIn(filter.statuses, status))
    // they are on every node
    .filter(() => filter.nodes.length === 0);
  const certificates = facts.certificates
    .map((row): LeafStatus => ({
      ...label,
      ...row,
      daysLeft: daysLeft(row, now),
      status: leafStatus(row, now, within, row.onNode),
    }))
    .filter(({ node, status }) => isIn(filter.nodes, node) && isIn(filter.statuses, status))
    .filter(
      (row) =>
        filter.authorities.length === 0 ||
        signersOf(row, facts.authorities).some((name) => filter.authorities.includes(name)),
    );
  const placed = (text: string): string => (stack === undefined ? text : `${stack}: ${text}`);
  const explanations = [
    ...facts.nodeRemarks.filter(({ node }) => isIn(filter.nodes, node)).map(({ text }) => text),
    ...authorities.filter((row) => isToRotateWithin(row, now, within)).map((row) => rotationDueText(row, now)),
  ].map(placed);
  const remarks = [...explanations, ...certificates.flatMap((row) => leafRemark(row, now, within)).map(placed)];
  return { authorities, certificates, remarks, explanations };
};

export const statusReport = (
  stacks: readonly StackFacts[],
  now: Date,
  withinSeconds: number,
  filter: Filter = { nodes: [], statuses: [], authorities: [] },
): StatusReport => {
  const all = stacks.map((facts) => oneStatus(facts, now, withinSeconds, filter));
  return {
    asOf: now,
    authorities: all.flatMap(({ authorities }) => authorities),
    certificates: all.flatMap(({ certificates }) => certificates),
    remarks: all.flatMap(({ remarks }) => remarks),
    explanations: all.flatMap(({ explanations }) => explanations),
  };
};

/** Whether there is nothing that somebody has to do. */
export const isFine = ({ authorities, certificates, remarks }: StatusReport): boolean =>
  remarks.length === 0 &&
  ![...authorities, ...certificates].some(({ status }) => needsAttention(status)) &&
  certificates.every(({ onNode }) => onNode === undefined || onNode === "same");

/** As JSON and YAML have it. */
export const statusDocument = ({
  asOf,
  authorities,
  certificates,
  remarks,
}: StatusReport): Readonly<Record<string, unknown>> => ({
  asOf: asOf.toISOString(),
  authorities,
  certificates,
  remarks,
});
