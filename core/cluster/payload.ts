/** The payload of one step in the cluster (docs/node-protocol.md, verb `cluster`), and what its answer says. */
import { whyMissing } from "../format/printedBefore";
import type { NodePlan } from "../plan";
import { as, framed, part } from "../protocol/lines";
import { caPart } from "../protocol/parts";
import type { Config } from "../schema/config";
import type { Fact } from "./facts";
import type { Step } from "./steps";

const FACT_LINES: Readonly<Record<Fact, (value: string) => string[]>> = {
  ca: (pem) => part(caPart("kubernetes"), pem),
  final: (pem) => part(caPart("kubernetes"), pem),
  rotating: (pem) => part(caPart("kubernetes"), pem),
  // at the start of an adoption the stack does not know it: then there is no such part
  old: (pem) => (pem.trim() === "" ? [] : part("old:kubernetes", pem)),
  frontProxy: (pem) => part(caPart("frontProxy"), pem),
  tokenKid: (id) => [`token-kid ${as.keyId(id)}`],
  since: (seconds) => [`since ${as.number(seconds)}`],
  workersTrust: (lines) => lines.split("\n"),
  workersIssue: (lines) => lines.split("\n"),
  workersRetire: (lines) => lines.split("\n"),
};

/** Path of an admin's kubeconfig on the node that runs the step. */
const adminKubeconfig = ({ node, known }: NodePlan): string => {
  const row = known.find(({ content }) => content.kind === "kubeconfig" && content.profile === "admin");
  if (row === undefined) throw new Error(`${node.name}: the layout has no admin kubeconfig there`);
  return as.path(row.path);
};

export const clusterPayload = (
  step: Step,
  node: NodePlan,
  config: Config,
  facts: Readonly<Partial<Record<Fact, string>>>,
): string =>
  framed("cluster", [
    `node ${as.name(node.node.name)}`,
    `kubeconfig ${adminKubeconfig(node)}`,
    ...step.facts(config).flatMap((fact) => {
      const value = facts[fact];
      if (value === undefined) throw new Error(`in-cluster step ${step.nameSuffix}: ${fact} is not known`);
      return FACT_LINES[fact](value);
    }),
    ...step.lines(config),
  ]);

/** What `task root-ca` tells: pods that began later have the new CA. */
export const sinceOf = (stdout: string): string => {
  const since = /^since ([0-9]+)$/m.exec(stdout)?.[1];
  if (since === undefined)
    throw new Error(
      `the node did not report when the new CA reached every namespace: ${whyMissing(stdout, "since [0-9]+")}, run again`,
    );
  return since;
};
