/**
 * How the product grows with a cluster: time to plan, resources, and what is sent to a node. Needs no cluster and no
 * engine; `npm run bench`. The program in a preview: `npm run bench -- preview [NODES...]`; with the engine:
 * `npm run bench -- controller [NODES...]`. What an apply costs a node: `npm run bench -- node [SHELL]`; a survey of nodes:
 * `npm run bench -- survey [NODES...]`. Beside other ways to do the same: `npm run bench -- race`. What real clusters take is in the reports of `npm run e2e`.
 */
import { ClusterPki } from "../components";
import { planCluster } from "../core/plan";
import { tableText, type Column } from "../core/report/report";
import { registeredBy, type Registered } from "../test/components/mocks";
import { argsWith, configWith, NOW } from "../test/core/fixture";
import { AGENT, clusterOf, CONTROL_PLANES } from "./cluster";
import { controller } from "./controller/main";
import { node } from "./node/main";
import { preview } from "./preview";
import { race } from "./race/main";
import { survey } from "./survey";

interface Planned {
  readonly nodes: number;
  readonly ms: number;
}

const planned = (nodes: number): Planned => {
  const config = configWith({ ...clusterOf(nodes), ...AGENT });
  const began = performance.now();
  planCluster(config, NOW);
  return { nodes, ms: performance.now() - began };
};

interface Graph {
  readonly nodes: number;
  readonly what: string;
  readonly resources: readonly Registered[];
}

const COMMANDS = ["command:remote:Command", "command:local:Command"];

const graph = async (nodes: number, what: string, rotation?: object): Promise<Graph> => {
  const args = argsWith({ ...clusterOf(nodes), ...AGENT, ...(rotation && { rotation }) });
  const resources = await registeredBy(() => new ClusterPki("prod", args).certificates, false);
  return { nodes, what, resources };
};

const commandsOf = ({ resources }: Graph): Registered[] => resources.filter(({ type }) => COMMANDS.includes(type));

/** Everything that a node reads, in KiB. */
const sentTo = (node: number, each: Graph): string => {
  const name = `prod-n${String(node)}-`;
  const texts = commandsOf(each).flatMap((command) =>
    command.name.startsWith(name) ? [JSON.stringify(command.inputs["stdin"])] : [],
  );
  return (texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) / 1024).toFixed(0);
};

const PLANS: readonly Column<Planned>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "PLANNED IN MS", cell: ({ ms }) => ms.toFixed(0), align: "right" },
];

const GRAPHS: readonly Column<Graph>[] = [
  { title: "NODES", cell: ({ nodes }) => String(nodes), align: "right" },
  { title: "STACK", cell: ({ what }) => what },
  { title: "RESOURCES", cell: ({ resources }) => String(resources.length), align: "right" },
  { title: "STEPS ON NODES", cell: (each) => String(commandsOf(each).length), align: "right" },
  { title: "KIB TO A CONTROL PLANE", cell: (each) => sentTo(0, each), align: "right" },
  { title: "KIB TO A WORKER", cell: (each) => sentTo(CONTROL_PLANES, each), align: "right" },
];

const plans = async (): Promise<void> => {
  process.stdout.write(`${tableText(PLANS, [10, 100, 1000, 5000].map(planned))}\n`);
  const graphs: Graph[] = [];
  for (const nodes of [10, 50]) {
    graphs.push(await graph(nodes, "that renews"));
    graphs.push(await graph(nodes, "that has rotated once", { generation: 2 }));
  }
  process.stdout.write(tableText(GRAPHS, graphs));
};

const BENCHES: Readonly<Record<string, (words: readonly string[]) => unknown>> = {
  plans,
  preview: (counts) => {
    preview(counts.length > 0 ? counts : ["10", "50", "200", "1000"]);
  },
  node: (words) => node(words.length > 0 ? words.join(" ") : "dash"),
  controller: (counts) => controller(counts.length > 0 ? counts.map(Number) : [10, 50]),
  survey: (counts) => survey(counts.length > 0 ? counts.map(Number) : [10, 50]),
  race,
};

const [what = "plans", ...counts] = process.argv.slice(2);
const bench = BENCHES[what];
if (bench === undefined) throw new Error(`${what}: must be one of ${Object.keys(BENCHES).join(", ")}`);
void Promise.resolve(bench(counts)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
