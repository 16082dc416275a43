/** Reads nodes of a stack, each by one visit over the connection that the provider's steps use. */
import { plannedUnits } from "../core/preflight/compare";
import type { PreflightJob } from "../core/preflight/job";
import type { Survey } from "../core/survey/model";
import { survey } from "../core/survey/read";
import { agentCommand, visitBy } from "./agent";
import { someAtATime } from "./pinnedHosts";
import { Ssh, type Connection } from "./ssh/connection";
import { reasonOf } from "./surveyHosts";

export type Job = PreflightJob<Connection>;
type Node = Job["compared"]["nodes"][number];
type Answer = Survey | { readonly unreachable: string };

/** A bastion takes so many at a time that have not logged in yet (MaxStartups), nodes by themselves any number. */
const AT_ONCE = { direct: 16, bastion: 8 };

const answerOf = async (
  connection: Connection | undefined,
  sudo: boolean,
  units: readonly string[],
): Promise<Answer> => {
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

export const answersOf = async (
  nodes: readonly Node[],
  { compared: { config }, connections }: Job,
): Promise<{ readonly node: Node; readonly answer: Answer }[]> => {
  const units = plannedUnits(config);
  const answers = new Map<Node, Answer>();
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

/** Undefined where nothing was given. */
export const jobIn = (json: string): Job | undefined => {
  const job = JSON.parse(json === "" ? "null" : json) as Job | null;
  if (job === null) return undefined;
  const { config, nodes } = job.compared;
  return { ...job, compared: { config: { ...config, asOf: new Date(config.asOf) }, nodes } };
};
