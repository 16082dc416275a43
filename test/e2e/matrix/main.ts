/** `npm run matrix [-- [VERSION...] [--days N] [--page]]` */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { kubernetesVersions } from "../../../tools/kubernetesRelease";
import { reportFile, type Report } from "../scenario";
import { writeFormatted } from "../writeFormatted";
import { due, pageOf, withRow, type Place, type Row } from "./rows";

const ROOT = join(__dirname, "..", "..", "..");
const RESULTS = join(__dirname, "results.json");
const PAGE = join(ROOT, "docs", "versions.md");
/** A result is good for this long. */
const DAYS = "14";

const read = (): Row[] => JSON.parse(readFileSync(RESULTS, "utf8")) as Row[];

const rowOf = (report: Report): Row => {
  const gaps = [...report.probes, ...report.clients].map(({ longestGapMs }) => longestGapMs / 1000);
  return {
    kubernetes: report.kubernetes,
    scenario: report.scenario,
    passed: report.passed,
    seconds: report.seconds,
    longestGap: gaps.length === 0 ? undefined : Math.max(...gaps),
    restarts: report.restarts.filter(({ how }) => how === "restarted").length,
    at: report.at,
    commit: report.commit,
  };
};

/** In a process of its own, since a process has one release. */
const play = ({ kubernetes, scenario }: Place): Row => {
  console.log(`matrix: ${scenario} on ${kubernetes}`);
  const args = ["--import", "tsx", join(ROOT, "test", "e2e", "main.ts"), scenario, "--topology", "duo"];
  const { status } = spawnSync(process.execPath, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, KUBE_PKI_KUBERNETES: kubernetes },
  });
  if (status === null || status > 1) throw new Error(`${scenario} on ${kubernetes} could not be played`);
  return rowOf(JSON.parse(readFileSync(join(ROOT, reportFile(scenario, "duo", "embedded")), "utf8")) as Report);
};

const write = async (rows: readonly Row[]): Promise<void> => {
  await writeFormatted(RESULTS, JSON.stringify(rows));
  await writeFormatted(PAGE, pageOf(rows, kubernetesVersions));
};

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { days: { type: "string", default: DAYS }, page: { type: "boolean", default: false } },
  });
  const unknown = positionals.find((each) => !kubernetesVersions.some((version) => version === each));
  if (unknown !== undefined)
    throw new Error(`${unknown}: not one of ${kubernetesVersions.join(", ")} (tools/kubernetes/pin.sh pins others)`);
  const chosen = kubernetesVersions.filter((version) => positionals.length === 0 || positionals.includes(version));
  const places = values.page ? [] : due(read(), chosen, { days: Number(values.days), now: Date.now() });
  const failed: string[] = [];
  for (const place of places) {
    const row = play(place);
    if (!row.passed) failed.push(`${row.scenario} on ${row.kubernetes}`);
    await write(withRow(read(), row));
  }
  await write(read());
  console.log(
    `matrix: ${String(places.length)} played, ${failed.length === 0 ? "none failed" : `failed: ${failed.join(", ")}`}; see docs/versions.md`,
  );
  process.exitCode = failed.length === 0 ? 0 : 1;
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 2;
});
