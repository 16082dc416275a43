/** What was measured so far, on whatever day: a race of all sizes takes hours, so each part of it is kept by itself. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Row } from "./results";

export interface Measured extends Row {
  /** ISO 8601 day. */
  readonly date: string;
  /** Of this repository, as `git describe` says it. */
  readonly commit: string;
}

const FILE = join(__dirname, "measured.json");

const partOf = ({ nodes, rttMs, name }: Row): string => [nodes, rttMs, name].join(" ");

/** What was measured anew takes the place of all that was measured of the same part: contestants are compared within one run. */
export const merged = (before: readonly Measured[], anew: readonly Measured[]): Measured[] => {
  const parts = new Set(anew.map(partOf));
  return [...before.filter((row) => !parts.has(partOf(row))), ...anew].sort(
    (a, b) => a.nodes - b.nodes || a.rttMs - b.rttMs, // stable: cases and contestants stay in their order
  );
};

export const readMeasured = (): Measured[] =>
  existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Measured[]) : [];

/** @returns all that is measured by now */
export const keep = (anew: readonly Measured[]): Measured[] => {
  const all = merged(readMeasured(), anew);
  writeFileSync(FILE, `${JSON.stringify(all, undefined, 2)}\n`);
  return all;
};
