/** `kube-pki preflight-step`: compares nodes with the stack file before any is touched, as `pulumi up` runs it (components/preflightStep.ts). */
import { text } from "node:stream/consumers";
import { closedText } from "../core/maintenanceWindow";
import { compare, plannedUnits, type Answered } from "../core/preflight/compare";
import { dueNodes, notesOf, type PreflightJob } from "../core/preflight/job";
import { survey } from "../core/survey/read";
import { agentCommand, visitBy } from "./agent";
import { EXIT, Failure, type Exit } from "./failure";
import { endWithParent } from "./jobOverSsh";
import { someAtATime } from "./pinnedHosts";
import { reasonOf } from "./surveyHosts";
import { Ssh, type Connection } from "./ssh/connection";

type Job = PreflightJob<Connection>;
type Node = Job["compared"]["nodes"][number];

/** What the provider says of the run before (command:local:Command, addPreviousOutputInEnv). */
const NOTES = "PULUMI_COMMAND_STDOUT";

/** A bastion takes so many at a time that have not logged in yet (MaxStartups), nodes by themselves any number. */
const AT_ONCE = { direct: 16, bastion: 8 };

const answerOf = async (
  connection: Connection | undefined,
  sudo: boolean,
  units: readonly string[],
): Promise<Answered["answer"]> => {
  if (connection === undefined) return { unreachable: "nobody has said how it is reached" };
  try {
    const ssh = await Ssh.open(connection);
    try {
      const { ask, end } = await visitBy((listener) => ssh.talk(agentCommand(sudo), listener));
      const found = await survey(ask, Date.now, { whole: false, units });
      end();
      return found;
    } finally {
      ssh.close();
    }
  } catch (error) {
    return { unreachable: reasonOf(error) };
  }
};

const answersOf = async (nodes: readonly Node[], { compared: { config }, connections }: Job): Promise<Answered[]> => {
  const units = plannedUnits(config);
  const answers = new Map<Node, Answered["answer"]>();
  const width = config.ssh.bastion === undefined ? AT_ONCE.direct : AT_ONCE.bastion;
  await someAtATime(
    nodes,
    async (node) => {
      answers.set(node, await answerOf(connections[node.name], config.ssh.sudo, units.get(node.name) ?? []));
    },
    width,
  );
  return nodes.map((node) => ({ node, answer: answers.get(node) ?? { unreachable: "it was not asked" } }));
};

const listed = (heading: string, lines: readonly string[]): string =>
  [heading, ...lines.map((line) => `  ${line}`)].join("\n");

const parsedJob = (json: string): Job => {
  const job = JSON.parse(json === "" ? "null" : json) as Job | null;
  if (job === null) throw new Failure("only a step of `pulumi up` can run this command: see docs/preflight.md");
  const { config, nodes } = job.compared;
  return { ...job, compared: { config: { ...config, asOf: new Date(config.asOf) }, nodes } };
};

export const command = async (): Promise<Exit> => {
  endWithParent();
  const job = parsedJob(await text(process.stdin));
  const notes = process.env[NOTES] ?? "";
  const { config, nodes } = job.compared;
  const due = dueNodes(nodes, notes);
  const closed = due.length === 0 ? undefined : closedText(config.rollout, new Date());
  if (closed !== undefined) throw new Failure(`${closed}; nothing was touched`);
  const { refused, told } = compare(config, await answersOf(due, job), notes === "");
  if (told.length > 0)
    process.stderr.write(`${listed("what the nodes have and the stack file does not say:", told)}\n`);
  if (refused.length > 0)
    throw new Failure(listed("the nodes are not as the stack file says, and nothing was touched:", refused));
  process.stdout.write(notesOf(nodes));
  return EXIT.fine;
};
