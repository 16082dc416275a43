/** `npm run e2e -- list | NAME [--topology T] [--authority A] [--keep]` */
import { parseArgs } from "node:util";
import { Lab } from "../lab/lab";
import { topologyNames } from "../lab/topology";
import { AUTHORITY_KINDS, Run, writeReport, type Report } from "./scenario";
import { SCENARIOS } from "./scenarios";

const started = Date.now();
const log = (line: string): void => {
  console.log(`[${String(Math.round((Date.now() - started) / 1000)).padStart(4)} s] ${line}`);
};

const fail = (sentence: string): never => {
  console.error(sentence);
  process.exit(2);
};

const accessSummary = ({ access }: Report): string[] => {
  const wrong = access.filter(({ answer, expected }) => answer !== expected).length;
  return access.length === 0
    ? []
    : [`  access: ${String(access.length)} answers, ${String(wrong)} not as they must be`];
};

const summary = (report: Report): string =>
  [
    `${report.passed ? "passed" : "FAILED"}: ${report.scenario} on ${report.topology} with ${report.authority} authorities in ${String(report.seconds)} s`,
    ...Object.entries(report.counts).map(([what, count]) => `  ${what}: ${String(count)}`),
    ...report.probes.map(
      ({ name, connection, secondsProbed, secondsFailed, longestGapMs }) =>
        `  ${name}, ${connection} connections: ${String(secondsFailed)} of ${String(secondsProbed)} s failed, longest gap ${String(longestGapMs)} ms`,
    ),
    ...report.clients.map(
      ({ name, seconds, secondsFailed, longestGapMs, facts }) =>
        `  ${name}: ${String(secondsFailed)} of ${String(seconds)} s failed, longest gap ${String(longestGapMs)} ms${Object.entries(
          facts,
        )
          .map(([fact, count]) => `, ${fact} ${String(count)}`)
          .join("")}`,
    ),
    ...accessSummary(report),
    ...Object.entries(report.unaskedRestarts).map(
      ([what, count]) => `  ${what}: ${String(count)} more starts than restarts told of`,
    ),
    ...(report.error === undefined ? [] : [report.error]),
  ].join("\n");

const main = async (): Promise<void> => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      topology: { type: "string" },
      authority: { type: "string", default: "embedded" },
      keep: { type: "boolean", default: false },
      minutes: { type: "string" },
    },
  });
  const [name = "list"] = positionals;
  if (name === "list") {
    for (const { name: each, topologies, proves } of SCENARIOS)
      console.log(`${each} (${topologies.join(", ")}): ${proves}`);
    return;
  }
  const scenario =
    SCENARIOS.find((each) => each.name === name) ??
    fail(`there is no scenario ${name}; \`npm run e2e -- list\` names them all`);
  const topology = values.topology ?? scenario.topologies[0];
  const known =
    topologyNames.find((each) => each === topology) ??
    fail(`--topology: ${topology ?? ""} is not one of ${topologyNames.join(", ")}`);
  const authority =
    AUTHORITY_KINDS.find((each) => each === values.authority) ??
    fail(`--authority: ${values.authority} is not one of ${AUTHORITY_KINDS.join(", ")}`);
  const minutes = values.minutes === undefined ? undefined : Number(values.minutes);
  if (minutes !== undefined && !(minutes > 0)) fail(`--minutes: ${values.minutes ?? ""} is not a number above 0`);
  const missing = Lab.supported();
  if (missing !== undefined) fail(missing);
  process.exitCode = 1; // until it has passed
  const report = await Run.play(scenario, { topology: known, authority, keep: values.keep, minutes, log });
  console.log(`${summary(report)}\nwritten to ${writeReport(report)}`);
  if (report.passed) process.exitCode = 0;
};

void main();
