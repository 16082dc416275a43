/**
 * What a run costs the machine that runs pulumi, with the real engine: `npm run bench -- controller [NODES...]`. Each node is
 * a stand-in ssh server that answers at once, and provider plugins those that are there (stand-ins cost more than official ones).
 */
import { tableText, type Column } from "../../core/report/report";
import { usesStandIns } from "../../test/lab/plugins/env";
import { clusterOf } from "../cluster";
import { StandInNodes } from "./nodes";
import { Project, type Cost } from "./stack";
import { ROLE_COLUMNS, roleRows, STATE_COLUMNS, stateRows } from "./state";

/** The present: a stack whose `asOf` stops renewals is refused. */
const NOW = new Date();
/** Every leaf is due by then. */
const A_PERIOD_LATER = new Date(NOW.getTime() + 364 * 86_400_000);

interface Row extends Cost {
  readonly nodes: number;
  readonly what: string;
  readonly connections: number;
  readonly stateKb: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "RUN", cell: ({ what }) => what },
  { title: "SECONDS", cell: ({ seconds }) => seconds.toFixed(1), align: "right" },
  { title: "CPU SECONDS", cell: ({ cpuSeconds }) => cpuSeconds.toFixed(1), align: "right" },
  { title: "WRITTEN MB", cell: ({ writtenMb }) => writtenMb.toFixed(0), align: "right" },
  { title: "CONNECTIONS", cell: ({ connections }) => String(connections), align: "right" },
  { title: "STATE KB", cell: ({ stateKb }) => stateKb.toFixed(0), align: "right" },
];

const UP = ["up", "--yes", "--skip-preview"];

/** In order, each after the one before. */
const RUNS: readonly (readonly [what: string, program: "pulumi" | "kube-pki", args: readonly string[], asOf: Date])[] =
  [
    ["pulumi up: the first", "pulumi", UP, NOW],
    ["pulumi up: nothing to do", "pulumi", UP, NOW],
    ["pulumi preview: nothing to do", "pulumi", ["preview"], NOW],
    ["kube-pki up: all renewed", "kube-pki", UP, A_PERIOD_LATER],
  ];

const measured = async (count: number, say: (row: Row) => void): Promise<string> => {
  const nodes = await StandInNodes.start(count);
  const cluster = clusterOf(count);
  const reached = nodes.servers.map(({ connection: { host, port, hostKey } }) => ({ host, port, hostKey }));
  const config = {
    ...cluster,
    nodes: cluster.nodes.map((node, index) => ({ ...node, ssh: reached[index] })),
    ssh: { user: "tester", privateKey: nodes.privateKey },
  };
  const project = await Project.create(config, ["ssh"]);
  try {
    for (const [what, program, args, asOf] of RUNS) {
      project.configure({ asOf: asOf.toISOString() });
      const cost = await project.run(program, args);
      const stateKb = Buffer.byteLength(project.stateText) / 1000;
      say({ nodes: count, what, ...cost, connections: nodes.connections(), stateKb });
    }
    return project.stateText;
  } finally {
    project.remove();
    await nodes.stop();
  }
};

export const controller = async (counts: readonly number[]): Promise<void> => {
  if (usesStandIns()) process.stdout.write("provider plugins: stand-ins of this repository\n");
  const rows: Row[] = [];
  let last = "";
  for (const count of counts)
    last = await measured(count, (row) => {
      rows.push(row);
      process.stderr.write(`${row.what}, ${String(count)} nodes: ${row.seconds.toFixed(1)} s\n`);
    });
  process.stdout.write(`${tableText(COLUMNS, rows)}\n`);
  process.stdout.write(`the state of the last one, by what is in it:\n${tableText(STATE_COLUMNS, stateRows(last))}\n`);
  const { nodes } = clusterOf(counts.at(-1) ?? 0);
  process.stdout.write(`and by whose it is:\n${tableText(ROLE_COLUMNS, roleRows(last, nodes))}`);
};
