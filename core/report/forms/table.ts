/** The status as tables for a terminal. */
import { authorityColumns, certificateColumns, tableText, type Column } from "../report";
import type { CaStatus, LeafStatus, StatusReport } from "../stackStatus";
import { STATUS, type Status } from "../status";

/** Colours a text by its tone; the text itself where there are none. */
export type Paint = (tone: (typeof STATUS)[Status]["tone"], text: string) => string;

const statusColumn = (paint: Paint): Column<{ readonly status: Status }> => ({
  title: "STATUS",
  cell: ({ status }) => status,
  paint: ({ status }, text) => paint(STATUS[status].tone, text),
});

const STACK: Column<{ readonly stack?: string | undefined }> = { title: "STACK", cell: ({ stack }) => stack ?? "" };

const ON_NODE: Column<LeafStatus> = { title: "ON THE NODE", cell: ({ onNode }) => onNode ?? "" };

export const statusTable = ({ asOf, authorities, certificates }: StatusReport, paint: Paint): string => {
  const stack = [...authorities, ...certificates].some((row) => row.stack !== undefined) ? [STACK] : [];
  const asked = certificates.some(({ onNode }) => onNode !== undefined) ? [ON_NODE] : [];
  const cas: readonly Column<CaStatus>[] = [...stack, ...authorityColumns(asOf), statusColumn(paint)];
  const leaves: readonly Column<LeafStatus>[] = [...stack, ...certificateColumns(asOf), statusColumn(paint), ...asked];
  return [
    ...(authorities.length === 0 ? [] : [tableText(cas, authorities)]),
    ...(certificates.length === 0 ? [] : [tableText(leaves, certificates)]),
  ].join("\n");
};
