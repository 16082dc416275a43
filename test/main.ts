/**
 * `npm test`: gets what the tests need, runs all of them, and ends with one line. Without what a lab needs (root, network
 * namespaces, Debian packages) it runs the rest and says what it left out.
 */
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import Mocha from "mocha";
import { PACKED_FOR } from "../tools/npmPackage";
import { ensure, usualTools } from "../tools/toolchain";
import { playedOn } from "./byDay";
import { isOfToday as isShareOfToday, today } from "./day";
import { Run, writeReport } from "./e2e/scenario";
import { SCENARIOS } from "./e2e/scenarios";
import { installHostPackages, onPath } from "./lab/host";
import { Lab } from "./lab/lab";

const CHOSEN = playedOn(today);

interface Outcome {
  readonly passed: number;
  /** Title and first words of each failure, for the last lines of a long output. */
  readonly failures: readonly string[];
}

const started = Date.now();
const log = (line: string): void => {
  console.log(`[${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s] ${line}`);
};

/** The long ones first: one that began last would run alone in the end. */
const isLong = (name: string): boolean => /^(?:withTools|node)\//.test(name);

/** What runs under dash in every run, once more under busybox: some of the files a day. */
const isOfToday = (name: string, index: number): boolean =>
  !name.startsWith("node/busybox/") || isShareOfToday(index, BUSYBOX_DAYS);
const BUSYBOX_DAYS = 3;

const testFiles = (): string[] =>
  readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .sort()
    .filter(isOfToday)
    .sort((one, other) => Number(isLong(other)) - Number(isLong(one)) || (one < other ? -1 : 1))
    .map((name) => join(__dirname, name));

/** A machine or a user that lacks something runs the rest: titles of the tests that need it, and the sentence why they cannot run. */
interface Need {
  readonly titles: RegExp;
  readonly tests: string;
  readonly missing: () => string | undefined;
}

const NEEDS: readonly Need[] = [
  {
    titles: /^lab:/,
    tests: `the tests of the lab and ${String(CHOSEN.length)} scenarios that need it`,
    missing: () => Lab.supported(),
  },
  {
    titles: /^node (apply|applies|killed|runs one|undoes)/,
    tests: "the tests of a node's apply",
    missing: () => (process.getuid?.() === 0 ? undefined : "they need root: nobody else may give a file its owner"),
  },
  {
    titles: /\bin a browser:/,
    tests: "the tests of pages in a browser",
    missing: () => (`${process.platform}-${process.arch}` === PACKED_FOR ? undefined : `it is for ${PACKED_FOR} alone`),
  },
  ...["zsh", "fish", "mandoc"].map((program) => ({
    titles: new RegExp(`^read by ${program}`),
    tests: `what ${program} makes of what kube-pki prints for it`,
    missing: () => (onPath(program) ? undefined : `${program} is not installed`),
  })),
];

/** Ends a test that hangs; the slowest takes 5 s, but a busy machine may be ten times slower. */
const TEST_MS = 120_000;

/** Files at a time: most of them wait for a service most of the time. */
const JOBS = 4;

const runMocha = async (leftOut: readonly Need[]): Promise<Outcome> => {
  const mocha = new Mocha({ timeout: TEST_MS, forbidOnly: true, forbidPending: true, parallel: true, jobs: JOBS });
  for (const file of testFiles()) mocha.addFile(file);
  if (leftOut.length > 0) mocha.grep(new RegExp(leftOut.map(({ titles }) => titles.source).join("|"))).invert();
  return new Promise((resolve) => {
    const failures: string[] = [];
    const runner = mocha.run((failed) => {
      while (failures.length < failed) failures.push("a file of tests, see above");
      resolve({ passed: runner.stats?.passes ?? 0, failures });
    });
    runner.on("fail", (test: Mocha.Runnable, { message }: { message: string }) => {
      failures.push(`${test.fullTitle()}: ${message.split("\n").slice(0, 3).join(" ").slice(0, 300)}`);
    });
  });
};

const runScenarios = async (): Promise<Outcome & { readonly proven: readonly string[] }> => {
  const [proven, failures]: [string[], string[]] = [[], []];
  log(
    `scenarios of day ${String(today)} (KUBE_PKI_DAY): ${CHOSEN.map(([name, topology]) => `${name} on ${topology}`).join(", ")}`,
  );
  for (const [name, topology, authority = "embedded"] of CHOSEN) {
    const scenario = SCENARIOS.find((each) => each.name === name);
    if (scenario === undefined) throw new Error(`there is no scenario ${name}: correct ALWAYS or BY_DAY`);
    log(`scenario ${name} on ${topology}: ${scenario.proves}`);
    const report = await Run.play(scenario, {
      topology,
      authority,
      keep: false,
      log: (line) => {
        log(`  ${line}`);
      },
    });
    writeReport(report);
    if (report.passed) proven.push(`${name} on ${topology}${authority === "embedded" ? "" : ` with ${authority}`}`);
    else failures.push(`scenario ${name} on ${topology}: ${report.error?.split("\n")[0] ?? ""}`);
    log(`scenario ${name} on ${topology}: ${report.passed ? "passed" : "FAILED"} in ${String(report.seconds)} s`);
    if (report.error !== undefined) console.log(report.error);
  }
  return { passed: proven.length, failures, proven };
};

const main = async (): Promise<void> => {
  process.exitCode = 1; // until all of it was played
  await ensure(usualTools, log);
  const missing = Lab.supported();
  if (missing === undefined) await installHostPackages(log);
  const leftOut = NEEDS.map((need) => ({ ...need, why: need.missing() })).filter(({ why }) => why !== undefined);
  const unit = await runMocha(leftOut);
  const scenarios = missing === undefined ? await runScenarios() : { passed: 0, failures: [], proven: [] };
  for (const { tests, why } of leftOut) console.log(`left out: ${tests}: ${why ?? ""}`);
  if (scenarios.proven.length > 0) console.log(`proven on real clusters: ${scenarios.proven.join(", ")}`);
  const failures = [...unit.failures, ...scenarios.failures];
  console.log(
    "by the day (KUBE_PKI_DAY): a third of test/node/busybox, a third of the examples (KUBE_PKI_EXAMPLES=all), one pipeline (KUBE_PKI_PIPELINES=all)",
  );
  if (spawnSync("busybox", ["true"]).error !== undefined)
    console.log("left out: the node script under busybox, which is not installed");
  for (const failure of failures) console.log(`failed: ${failure}`);
  console.log(`${String(unit.passed + scenarios.passed)} passed, ${String(failures.length)} failed`);
  process.exit(failures.length === 0 ? 0 : 1);
};

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
