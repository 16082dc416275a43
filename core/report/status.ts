/** What a certificate's dates, and its node, come to: one word. */
import type { AuthorityRow } from "./authorityRows";
import { endingCa, isToRotateWithin } from "./authorityRows";
import { endsWithin, type CertificateRow } from "./report";

interface StatusRow {
  /** Whether somebody has to do something: exit code 1. */
  readonly attention: boolean;
  readonly tone: "good" | "warning" | "bad";
  /** What it means for a certificate, and for a CA. */
  readonly text: string;
}

/** The most urgent first. */
export const STATUS = {
  expired: { attention: true, tone: "bad", text: "it has expired" },
  drift: { attention: true, tone: "bad", text: "its node holds or serves another one" },
  expiring: { attention: true, tone: "bad", text: "it expires, or a CA has to be rotated, within --within" },
  overdue: {
    attention: true,
    tone: "bad",
    text: "no run has renewed it for two weeks, or for half of the time that was left; a CA ends before what it signs would",
  },
  due: { attention: false, tone: "warning", text: "the next `pulumi up` renews it; a CA has to be rotated this year" },
  ok: { attention: false, tone: "good", text: "nothing to do" },
} as const satisfies Readonly<Record<string, StatusRow>>;

export type Status = keyof typeof STATUS;
export const STATUSES = Object.keys(STATUS) as Status[];

/** Two runs of a weekly job have not come, or have failed. */
const OVERDUE_MS = 14 * 86_400_000;

/** Of the time between the renewal and the end: sooner where certificates live for days. */
const OVERDUE_PART = 0.5;

/** From when on it is overdue. */
export const overdueFrom = ({ nextRenewal, notAfter }: CertificateRow): Date => {
  const due = Date.parse(nextRenewal);
  const left = Math.max(0, Date.parse(notAfter) - due);
  return new Date(due + Math.min(OVERDUE_MS, OVERDUE_PART * left));
};

/** What a node was seen to use; undefined: it was not asked. */
export type OnNode = "same" | "differs" | "unreachable";

/** @param withinSeconds how early an end is told */
export const leafStatus = (row: CertificateRow, now: Date, withinSeconds: number, onNode?: OnNode): Status => {
  if (endsWithin(row, now, 0)) return "expired";
  if (onNode === "differs") return "drift";
  if (endsWithin(row, now, withinSeconds)) return "expiring";
  if (overdueFrom(row) <= now) return "overdue";
  return Date.parse(row.nextRenewal) <= now.getTime() ? "due" : "ok";
};

export const caStatus = (row: AuthorityRow, now: Date, withinSeconds: number): Status => {
  // one that is trusted only, in a rotation, is retired with it
  if (!row.signs) return "ok";
  if (endsWithin(row, now, 0)) return "expired";
  if (isToRotateWithin(row, now, 0)) return "overdue";
  if (isToRotateWithin(row, now, withinSeconds)) return "expiring";
  return endingCa(row, now) === undefined ? "ok" : "due";
};

export const needsAttention = (status: Status): boolean => STATUS[status].attention;
