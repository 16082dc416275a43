/**
 * What keeps a run from doing on its nodes what the stack file says, before any of them is touched: what nodes would refuse one
 * after another, or could not undo. What is not there yet, stopped or expired is no mismatch: the run may be there to mend it.
 */
import { planCluster } from "../plan";
import { together } from "../init/remarks";
import type { Config } from "../schema/config";
import type { Survey } from "../survey/model";
import { frontProxy, kubeconfigs, leaves } from "./checks/certificates";
import { cas, version } from "./checks/cluster";
import { generations } from "./checks/generations";
import { bootstraps, modes, readers, reads, renewers } from "./checks/files";
import { clock, identity, login, openssl, readOnly, room } from "./checks/machines";
import { listeners, services, signers, tokenSigner } from "./checks/services";
import type { PreflightNode } from "./job";
import { comparedNode, type Check, type World } from "./world";

/** In the order in which they are told of a node. */
const CHECKS: readonly Check[] = [
  login,
  identity,
  openssl,
  clock,
  room,
  readOnly,
  cas,
  generations,
  services,
  listeners,
  reads,
  bootstraps,
  tokenSigner,
  signers,
  kubeconfigs,
  leaves,
  frontProxy,
  version,
  modes,
  readers,
  renewers,
];

/** A node of the stack, and what it told. */
export interface Answered {
  readonly node: PreflightNode;
  readonly answer: Survey | { readonly unreachable: string };
}

export interface Comparison {
  /** A sentence each, beginning with the nodes that it is about; none: the run goes on. */
  readonly refused: readonly string[];
  /** As it goes on all the same. */
  readonly told: readonly string[];
}

const isSurvey = (answer: Answered["answer"]): answer is Survey => !("unreachable" in answer);

const textsOf = (kind: "refused" | "left", said: Parameters<typeof together>[1]): string[] =>
  together(kind, said).map(({ text }) => text);

/** @param isFirst no run has compared any node before */
export const compare = (config: Config, answers: readonly Answered[], isFirst: boolean): Comparison => {
  const cluster = planCluster(config, config.asOf);
  const nodes = answers.flatMap(({ node, answer }) => {
    const plan = cluster.nodes.find((each) => each.node.name === node.name);
    return plan === undefined || !isSurvey(answer) ? [] : [comparedNode(plan, answer, node.leaves, cluster)];
  });
  const world: World = { config, cluster, nodes, isFirst: isFirst && nodes.length === cluster.nodes.length };
  const said = nodes.flatMap((each) =>
    CHECKS.flatMap((check) => check(each, world)).map((mismatch) => ({ ...mismatch, node: each.plan.node.name })),
  );
  const silent = answers.flatMap(({ node, answer }) =>
    isSurvey(answer) ? [] : [{ node: node.name, text: `${answer.unreachable}; nodes[].ssh, ssh, or the node itself` }],
  );
  return {
    refused: textsOf("refused", [...silent, ...said.filter(({ kind }) => kind === "refused")]),
    told: textsOf(
      "left",
      said.filter(({ kind }) => kind === "told"),
    ),
  };
};

/** Units that nodes should have, as systemd calls them. */
export const plannedUnits = (config: Config): ReadonlyMap<string, readonly string[]> =>
  new Map(
    planCluster(config, config.asOf).nodes.map(({ node, consumers }) => [
      node.name,
      consumers.flatMap(({ kind, unit }) => (kind === "systemd" ? [`${unit}.service`] : [])),
    ]),
  );
