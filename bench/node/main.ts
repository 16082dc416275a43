/**
 * What an `apply` costs a node: `npm run bench -- node [SHELL]` prints how many programs it starts and how often it forks, which is
 * the same on an idle machine and on a busy one. Needs root, openssl and strace. Each node has the payload of the fixture's
 * kubeadm cluster, of three stacked control planes; what runs and serves there is a stand-in that takes and answers all.
 */
import { readFileSync } from "node:fs";
import { tableText, type Column } from "../../core/report/report";
import { nodeScript } from "../../test/node/nodeScript";
import { secondsIn } from "../shellTimes";
import { StandInNode } from "./standIns";
import { costsIn, marked, type Costs, type Count } from "./trace";

const CALLS = "trace=execve,clone,clone3,fork,vfork,umask";
const MOST = 25;

interface Row {
  readonly what: string;
  readonly cpuSeconds: number;
  readonly costs: Costs;
}

const columns = (title: string): readonly Column<Count>[] => [
  { title, cell: ({ name }) => name },
  { title: "STARTED", cell: ({ execs }) => String(execs), align: "right" },
  { title: "FORKS", cell: ({ forks }) => String(forks), align: "right" },
];

const COLUMNS: readonly Column<Row>[] = [
  { title: "RUN", cell: ({ what }) => what },
  { title: "PROGRAMS STARTED", cell: ({ costs }) => String(costs.all.execs), align: "right" },
  { title: "FORKS", cell: ({ costs }) => String(costs.all.forks), align: "right" },
  { title: "CPU SECONDS", cell: ({ cpuSeconds }) => cpuSeconds.toFixed(2), align: "right" },
];

const script = marked(nodeScript());

const apply = (node: StandInNode): string[] => [
  ...node.shell.split(" "),
  node.path("/var/lib/kube-pki/node.sh"),
  "apply",
];

/** Of one `apply`, by strace, which is told when that has ended: services that it has restarted live on. */
const costOf = async (node: StandInNode, sent: string): Promise<Costs> => {
  const [trace, said] = [node.path("/trace"), node.path("/said")];
  node.install(script.text);
  const until = ["sh", "-c", `"$@" 2>${said} && echo done >>${said}; kill "$PPID"`, "sh", ...apply(node)];
  await node.spawn("strace", ["-f", "-q", "-I", "1", "-e", CALLS, "-e", "signal=none", "-o", trace, ...until], sent);
  node.install(nodeScript());
  if (!node.read("/said").endsWith("done\n")) throw new Error(node.read("/said"));
  return costsIn(readFileSync(trace, "utf8"), script.functions, node.tools);
};

const secondsOf = async (node: StandInNode, sent: string): Promise<number> => {
  const { code, stderr } = await node.spawn(
    "sh",
    ["-c", '"$@" >/dev/null 2>&1; code=$?; times >&2; exit $code', "sh", ...apply(node)],
    sent,
  );
  if (code !== 0) throw new Error(stderr);
  return secondsIn(stderr);
};

export const node = async (shell: string): Promise<void> => {
  const rows: Row[] = [];
  for (const name of ["cp1", "w1"]) {
    const at = await StandInNode.make(shell, name);
    try {
      const first = at.renewal();
      await secondsOf(at, first);
      const kind = name === "cp1" ? "control plane" : "worker";
      rows.push({
        what: `${kind}: nothing to do`,
        costs: await costOf(at, first),
        cpuSeconds: await secondsOf(at, first),
      });
      rows.push({
        what: `${kind}: all renewed`,
        costs: await costOf(at, at.renewal()),
        cpuSeconds: await secondsOf(at, at.renewal()),
      });
    } finally {
      at.remove();
    }
  }
  process.stdout.write(`${tableText(COLUMNS, rows)}\n`);
  for (const { what, costs } of rows)
    process.stdout.write(
      `${what}, by program and by the function itself:\n${tableText(columns("PROGRAM"), costs.programs)}\n${tableText(columns("FUNCTION"), costs.functions.slice(0, MOST))}\n`,
    );
};
