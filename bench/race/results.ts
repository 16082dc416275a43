/** What was measured, run by run, and the medians that are told. */
import type { Column } from "../../core/report/report";
import type { CaseName } from "./cases";
import type { Cost } from "./cost";

/** Where and at what it was measured. */
export interface Heat {
  readonly nodes: number;
  readonly rttMs: number;
  readonly name: CaseName;
  /** Title of a contestant. */
  readonly who: string;
}

export interface Result extends Heat, Cost {
  readonly stateKb: number;
}

export interface Row extends Result {
  readonly runs: number;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
};

const FIGURES = [
  "seconds",
  "controllerCpuSeconds",
  "memoryMb",
  "nodeCpuSeconds",
  "connections",
  "writtenMb",
  "stateKb",
] as const satisfies readonly (keyof Result)[];

const keyOf = ({ nodes, rttMs, name, who }: Heat): string => [nodes, rttMs, name, who].join(" ");

/** One row for each heat, in the order in which they first came: the median of each figure by itself. */
export const medians = (results: readonly Result[]): Row[] => {
  const heats = new Map<string, Result[]>();
  for (const result of results) heats.set(keyOf(result), [...(heats.get(keyOf(result)) ?? []), result]);
  return [...heats.values()].flatMap((runs) => {
    const [first] = runs;
    if (first === undefined) return [];
    const figures = FIGURES.map((figure) => [figure, median(runs.map((run) => run[figure]))] as const);
    return [
      { ...first, ...(Object.fromEntries(figures) as Record<(typeof FIGURES)[number], number>), runs: runs.length },
    ];
  });
};

const figure = (title: string, of: (row: Row) => number, digits: number): Column<Row> => ({
  title,
  cell: (row) => of(row).toFixed(digits),
  align: "right",
});

export const COLUMNS: readonly Column<Row>[] = [
  figure("NODES", ({ nodes }) => nodes, 0),
  figure("RTT MS", ({ rttMs }) => rttMs, 0),
  { title: "CASE", cell: ({ name }) => name },
  { title: "WHO", cell: ({ who }) => who },
  figure("SECONDS", ({ seconds }) => seconds, 1),
  figure("CONTROLLER CPU S", ({ controllerCpuSeconds }) => controllerCpuSeconds, 1),
  figure("MEMORY MB", ({ memoryMb }) => memoryMb, 0),
  figure("NODES CPU S", ({ nodeCpuSeconds }) => nodeCpuSeconds, 1),
  figure("CONNECTIONS", ({ connections }) => connections, 0),
  figure("WRITTEN MB", ({ writtenMb }) => writtenMb, 1),
  figure("STATE KB", ({ stateKb }) => stateKb, 0),
];
