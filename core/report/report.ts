/** What a stack reports about its certificates, and how it is printed for users and programs. */
import { NO_NODE } from "../certificates/renewAt";
import { momentText } from "../format/x509";
import type { Phase } from "../model/phases";
import type { LeafName } from "../model/profiles";
import type { AuthorityRow } from "./authorityRows";

/** One row of the stack output `certificates`. */
export interface CertificateRow {
  /** `-` for what is on no node: a user's certificate, one that a Secret of the cluster holds. */
  readonly node: string;
  /**
   * Of a node; `own.<name>` for one of `certificates.own`; `kubeconfig:<name>` for a user's, whose kubeconfig is in the output
   * `kubeconfigs`.
   */
  readonly certificate: LeafName | `kubeconfig:${string}`;
  readonly subject: string;
  readonly issuer: string;
  /** Hex without separators. */
  readonly serial: string;
  /** ISO 8601; not of a stack whose last `up` was by an earlier version. */
  readonly notBefore?: string | undefined;
  /** ISO 8601. */
  readonly notAfter: string;
  /** ISO 8601: an `up` at or after this time renews it. */
  readonly nextRenewal: string;
  /** Where the private key is. */
  readonly keyLocation: "node" | "state";
  /** How the node proved that it uses this certificate. */
  readonly proof: "served" | "accepted" | "chain" | "restarted" | "none";
}

const DAY_MS = 86_400_000;

/** Whole days until the certificate expires, rounded down: 0 on the last day, negative once it has expired. */
export const daysLeft = (row: { readonly notAfter: string }, now: Date): number =>
  Math.floor((new Date(row.notAfter).getTime() - now.getTime()) / DAY_MS);

/** True if the certificate has expired at `now` or expires within so many seconds after it. */
export const endsWithin = (row: { readonly notAfter: string }, now: Date, seconds: number): boolean =>
  new Date(row.notAfter).getTime() - now.getTime() <= seconds * 1000;

/** The CN of a subject; the whole subject if it has none. */
export const commonName = (subject: string): string =>
  /(?:^|[,/+\n]\s*)CN\s*=\s*([^,/+\n]+)/.exec(subject)?.[1] ?? subject;

const day = (iso: string): string => new Date(iso).toISOString().slice(0, 10);

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => string;
  readonly align?: "right";
  /** What is done to the cell on a terminal that shows colours; it changes no width. */
  readonly paint?: (row: Row, text: string) => string;
}

/** Plain text, one line per row, columns two spaces apart and no trailing blanks. */
export function tableText<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const cells = rows.map((row) => columns.map(({ cell }) => cell(row)));
  const titles = columns.map(({ title }) => title);
  const widths = columns.map((_, index) => Math.max(...[titles, ...cells].map((line) => line[index]?.length ?? 0)));
  const gap = (text: string, index: number): string => " ".repeat((widths[index] ?? 0) - text.length);
  const padded = (line: readonly string[], row?: Row): string =>
    line
      .map((text, index) => {
        const { align, paint } = columns[index] ?? {};
        const shown = row === undefined || paint === undefined ? text : paint(row, text);
        return align === "right" ? gap(text, index) + shown : shown + gap(text, index);
      })
      .join("  ")
      .trimEnd();
  return `${[padded(titles), ...rows.map((row, index) => padded(cells[index] ?? [], row))].join("\n")}\n`;
}

/** The columns of the certificate table; callers may add their own. */
export const certificateColumns = (now: Date): readonly Column<CertificateRow>[] => [
  { title: "NODE", cell: (row) => row.node },
  { title: "CERTIFICATE", cell: (row) => row.certificate },
  { title: "ISSUER", cell: (row) => commonName(row.issuer) },
  { title: "NOT AFTER", cell: (row) => day(row.notAfter) },
  { title: "DAYS LEFT", cell: (row) => String(daysLeft(row, now)), align: "right" },
  { title: "NEXT RENEWAL", cell: (row) => day(row.nextRenewal) },
  { title: "KEY", cell: (row) => (row.keyLocation === "node" ? "on node" : "in state") },
  // what no node holds no node can prove
  { title: "PROOF", cell: (row) => (row.node === NO_NODE ? NO_NODE : row.proof) },
];

/** A phase that comes too early is refused until then. */
const phaseText = (phase: Phase, { nextPhaseFrom }: AuthorityRow, now: Date): string =>
  nextPhaseFrom === undefined || new Date(nextPhaseFrom) <= now
    ? `phase ${phase}`
    : `phase ${phase} from ${momentText(new Date(nextPhaseFrom))}`;

const NEXT: Readonly<Record<Phase, (row: AuthorityRow, now: Date) => string>> = {
  trust: (row, now) => phaseText("issue", row, now),
  issue: (row, now) => phaseText("done", row, now),
  done: ({ rotateBefore }) => `rotate before ${day(rotateBefore)}`,
};

/** The columns of the table of CAs. */
export const authorityColumns = (now: Date): readonly Column<AuthorityRow>[] => [
  { title: "CA", cell: (row) => row.authority },
  { title: "GENERATION", cell: (row) => String(row.generation), align: "right" },
  { title: "SUBJECT", cell: (row) => commonName(row.subject) },
  { title: "STATE", cell: (row) => (row.signs ? "signs" : "trusted") },
  { title: "SINCE", cell: (row) => day(row.notBefore) },
  { title: "NOT AFTER", cell: (row) => day(row.notAfter) },
  { title: "DAYS LEFT", cell: (row) => String(daysLeft(row, now)), align: "right" },
  { title: "PHASE", cell: (row) => row.phase },
  { title: "NEXT", cell: (row) => NEXT[row.phase](row, now) },
];
