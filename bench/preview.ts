/**
 * What the program alone costs in the first preview of a cluster, without engine and plugins: `npm run bench -- preview
 * [NODES...]`. Each size is a process of its own.
 */
import { spawnSync } from "node:child_process";
import * as pulumi from "@pulumi/pulumi";
import { disconnect } from "@pulumi/pulumi/runtime/settings";
import { ClusterPki } from "../components";
import { tableText, type Column } from "../core/report/report";
import { argsWith } from "../test/core/fixture";
import { AGENT, clusterOf } from "./cluster";

interface Row {
  readonly nodes: number;
  readonly resources: number;
  readonly seconds: number;
  /** User and system, from the start of the process. */
  readonly cpuSeconds: number;
  readonly megabytes: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "RESOURCES", cell: ({ resources }) => String(resources), align: "right" },
  { title: "SECONDS", cell: ({ seconds }) => seconds.toFixed(1), align: "right" },
  { title: "CPU SECONDS", cell: ({ cpuSeconds }) => cpuSeconds.toFixed(1), align: "right" },
  { title: "MEMORY MB", cell: ({ megabytes }) => megabytes.toFixed(0), align: "right" },
];

/** In this process: what is known before the run is known, everything else is not. */
const previewed = async (nodes: number): Promise<Row> => {
  const args = argsWith({ ...clusterOf(nodes), ...AGENT });
  let resources = 0;
  const newResource = ({ inputs }: pulumi.runtime.MockResourceArgs) => {
    resources++;
    return { id: undefined, state: inputs as Record<string, unknown> };
  };
  const began = performance.now();
  await pulumi.runtime.setMocks({ newResource, call: () => ({}) }, "kube-pki", "bench", true);
  await pulumi.runtime.runInPulumiStack(() => {
    new ClusterPki("prod", args);
    return Promise.resolve({});
  });
  await disconnect();
  const { user, system } = process.cpuUsage();
  const { rss } = process.memoryUsage();
  return {
    nodes,
    resources,
    seconds: (performance.now() - began) / 1000,
    cpuSeconds: (user + system) / 1e6,
    megabytes: rss / 1e6,
  };
};

const ONE = "--one";

const inOwnProcess = (nodes: string): Row => {
  const argv = [...process.execArgv, __filename, ONE, nodes];
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${nodes} nodes: ${stderr}`);
  // mocks print what the program logs
  return JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as Row;
};

export const preview = (counts: readonly string[]): void => {
  const rows = counts.map((nodes) => {
    process.stderr.write(`${nodes} nodes ...\n`);
    return inOwnProcess(nodes);
  });
  process.stdout.write(tableText(COLUMNS, rows));
};

if (process.argv[2] === ONE)
  void previewed(Number(process.argv[3])).then((row) => process.stdout.write(JSON.stringify(row)));
