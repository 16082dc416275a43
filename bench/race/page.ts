/** docs/race.md and its chart, of what was measured (measured.ts) and nothing else. */
import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { Column } from "../../core/report/report";
import { catalog } from "../../tools/catalog";
import { CASES, CASE_NAMES } from "./cases";
import { chart } from "./chart";
import { duties, KUBEADM } from "./duties";
import type { Measured } from "./measured";
import { COLUMNS } from "./results";

export interface Page {
  readonly rows: readonly Measured[];
  /** About the plugins that pulumi ran with. */
  readonly plugins: string;
  readonly settleSeconds: number;
  readonly ourSettleSeconds: number;
}

export const markdownTable = <Of>(columns: readonly Column<Of>[], rows: readonly Of[]): string => {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [
    line(columns.map(({ title }) => title.toLowerCase())),
    line(columns.map(({ align }) => (align === "right" ? "--:" : "---"))),
    ...rows.map((row) => line(columns.map(({ cell }) => cell(row)))),
  ].join("\n");
};

const versionOf = (name: string): string => catalog.find((tool) => tool.name === name)?.version ?? "";

const CHART = "race.svg";

export const pageText = (page: Page): string => {
  const list = duties(page.settleSeconds, page.ourSettleSeconds);
  const dutyColumns: readonly Column<(typeof list)[number]>[] = [
    { title: "duty", cell: ({ duty }) => duty },
    { title: "kube-pki", cell: ({ ours }) => ours },
    { title: "peers", cell: ({ peers }) => peers },
  ];
  const machine = `${String(cpus().length)} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  const runs = Math.min(...page.rows.map((row) => row.runs));
  const columns: readonly Column<Measured>[] = [
    ...COLUMNS,
    { title: "MEASURED", cell: ({ date, commit }) => `${date}, ${commit}` },
  ];
  return `# kube-pki raced against other ways to do the same

Written by \`npm run bench -- race --write\`, a number of nodes at a time: ${machine}, pulumi ${versionOf("pulumi")}, ansible-core ${versionOf("ansible-core")}, Node.js ${process.versions.node}. ${page.plugins}

![wall clock seconds](${CHART})

${markdownTable(columns, page.rows)}

${runs === 1 ? "Each was run once." : `Each figure is the median of at least ${String(runs)} runs; the contestants took turns.`}

${CASE_NAMES.map((name) => `- \`${name}\`: ${CASES[name].title}`).join("\n")}

## How

The nodes are those of the lab (\`test/lab\`): namespaces of one machine with systemd and sshd of their own, three control planes with etcd and workers, layout \`hardway\`. Their components are stubs (\`tools/stub\`): they serve and call with TLS on the real ports and read files when the real ones do, but start at once. Nodes and controller share the machine's cores. Before each run nodes, state and CAs are put back to the same start; after it, it is checked that every certificate that had to change is another one in its file and on its port, and no other is.

- **kube-pki**: \`kube-pki up --yes --skip-preview\`, for the preview \`pulumi preview\`; state in a file.
- **shell loop over ssh** (\`bench/race/peers/loop.sh\`): openssl on both sides, 50 nodes at once for requests, one ssh connection for each node and run.
- **Ansible (tuned)** (\`bench/race/peers/ansible\`): 50 forks, ControlPersist, strategy free for requests and signing, three tasks for each node, all of them \`raw\`: no module is sent and no Python runs on a node.
- ${KUBEADM}

Controller: CPU and memory (without page cache, shared pages once) of all its processes, by their cgroup. Nodes: CPU of their cgroups, without what they take when idle. Connections: first packets to port 22. Written: \`write_bytes\` of the controller's processes, in which saves of the state are. State: the stack's file; of the peers, the folder of their CAs.

## Duties

${markdownTable(dutyColumns, list)}
`;
};

export const writePage = async (page: Page): Promise<string> => {
  const file = join(__dirname, "..", "..", "docs", "race.md");
  const options = await resolveConfig(file);
  writeFileSync(file, await format(pageText(page), { ...options, parser: "markdown" }));
  writeFileSync(
    join(file, "..", CHART),
    chart(page.rows, "wall clock, seconds", ({ seconds }) => seconds),
  );
  return file;
};
