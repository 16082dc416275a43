/** `npm run reliability [-- REPORT.json...]`: takes reports into the page; those of reports/ by default. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Report } from "../scenario";
import { SCENARIOS } from "../scenarios";
import { writeFormatted } from "../writeFormatted";
import { pageOf } from "./page";
import { rowOf, withRows, type Row } from "./rows";

const ROOT = join(__dirname, "..", "..", "..");
const RESULTS = join(__dirname, "results.json");
const PAGE = join(ROOT, "docs", "reliability.md");

const own = (): string[] => {
  const folder = join(ROOT, "reports");
  return existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
};

const main = async (given: readonly string[]): Promise<void> => {
  const reports = (given.length > 0 ? given : own()).map((file) => JSON.parse(readFileSync(file, "utf8")) as Report);
  // reports of other kinds lie there too
  const more = reports.filter(({ at }) => (at as string | undefined) !== undefined).map(rowOf);
  const rows = withRows(JSON.parse(readFileSync(RESULTS, "utf8")) as Row[], more);
  await writeFormatted(RESULTS, JSON.stringify(rows));
  await writeFormatted(PAGE, pageOf(rows, SCENARIOS));
  console.log(
    `reliability: ${String(more.length)} reports taken, ${String(rows.length)} rows; see docs/reliability.md`,
  );
};

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
