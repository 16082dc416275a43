/** What all nodes that were read tell: what was changed there, and what the next step on them would be refused for. */
import { planCluster } from "../plan";
import { compare, type Answered } from "../preflight/compare";
import type { Config } from "../schema/config";
import type { Survey } from "../survey/model";
import type { DriftAnswer, NodeDrift } from "./change";
import { nodeDrift } from "./drift";

interface Read {
  readonly node: Answered["node"];
  readonly answer: Survey;
}

const isRead = (answered: Answered): answered is Answered & Read => !("unreachable" in answered.answer);

/** As if the certificates that are to be brought back were due, which they are. */
const asDue = ({ node, answer }: Read, drift: NodeDrift | undefined): Answered => {
  const { record } = answer;
  const changed = new Set<string>((drift?.changes ?? []).flatMap(({ leaves }) => leaves));
  return record === undefined
    ? { node, answer }
    : {
        node,
        answer: {
          ...answer,
          record: { ...record, leaves: record.leaves.filter(({ profile }) => !changed.has(profile)) },
        },
      };
};

export const driftAnswer = (config: Config, answered: readonly Answered[]): DriftAnswer => {
  const cluster = planCluster(config, config.asOf);
  const read = answered.filter(isRead);
  const drifts = new Map(
    read.flatMap(({ node, answer }) => {
      const plan = cluster.nodes.find((each) => each.node.name === node.name);
      return plan === undefined ? [] : [[node.name, nodeDrift(plan, answer, config, cluster)] as const];
    }),
  );
  const due = read.map((each) => asDue(each, drifts.get(each.node.name)));
  const isFirst = read.every(({ answer }) => answer.record?.applied === undefined);
  return {
    nodes: {
      ...Object.fromEntries(
        answered.flatMap(({ node, answer }) =>
          "unreachable" in answer ? [[node.name, { unread: answer.unreachable }]] : [],
        ),
      ),
      ...Object.fromEntries(drifts),
    },
    refused: compare(config, due, isFirst).refused,
  };
};
