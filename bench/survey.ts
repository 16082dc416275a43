/**
 * How long a survey of a cluster takes: lab nodes with their own sshd and stubs for components, read as a user would read them.
 * The bar is 50 nodes in 15 s.
 */
import { tableText, type Column } from "../core/report/report";
import { endLabOnInterrupt } from "../test/e2e/interrupt";
import { ownSsh, type OwnSsh } from "../test/e2e/ownSsh";
import { KUBE_PKI } from "../test/e2e/project";
import { installHardway } from "../test/lab/hardway";
import { Lab } from "../test/lab/lab";
import { must } from "../test/lab/process";
import type { Log } from "../test/lab/progress";
import { installStubs } from "../test/lab/stubs";
import { stubNodes } from "../test/lab/topology";

/** The stubs call each other; here that is only noise. */
const CALL_EVERY = "20s";
const TIMES = 3;

interface Row {
  readonly nodes: number;
  readonly seconds: readonly number[];
  readonly kib: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "SECONDS", cell: ({ seconds }) => seconds.map((each) => each.toFixed(1)).join(" "), align: "right" },
  { title: "KIB OF JSON", cell: ({ kib }) => kib.toFixed(0), align: "right" },
];

const surveyed = async (lab: Lab, ssh: OwnSsh, nodes: number, log: Log): Promise<Row> => {
  const hosts = lab.nodes.slice(0, nodes).map(({ address }) => `root@${address}`);
  const seconds: number[] = [];
  let kib = 0;
  for (let time = 0; time < TIMES; time++) {
    const began = performance.now();
    const said = await must(lab.driver([KUBE_PKI, "survey", ...hosts, "-F", ssh.config]), {
      env: { ...process.env, SSH_AUTH_SOCK: ssh.agent },
      timeoutMs: 600_000,
    });
    const took = (performance.now() - began) / 1000;
    seconds.push(took);
    log(`${String(nodes)} nodes in ${took.toFixed(1)} s`);
    const count = (JSON.parse(said) as readonly unknown[]).length;
    if (count !== nodes) throw new Error(`${String(count)} of ${String(nodes)} nodes answered`);
    kib = Buffer.byteLength(said) / 1024;
  }
  return { nodes, seconds, kib };
};

export const survey = async (counts: readonly number[]): Promise<void> => {
  const log: Log = (text) => void process.stderr.write(`${text}\n`);
  const lab = await Lab.start("stubs", { bare: true, nodes: stubNodes(Math.max(...counts)), log });
  const forget = endLabOnInterrupt(lab, log);
  try {
    await installStubs(lab, log, CALL_EVERY);
    await installHardway(lab, log);
    const ssh = await ownSsh(lab);
    try {
      const rows: Row[] = [];
      for (const count of counts) rows.push(await surveyed(lab, ssh, count, log));
      process.stdout.write(tableText(COLUMNS, rows));
    } finally {
      await ssh.end();
    }
  } finally {
    await lab.stop();
    forget();
  }
};
