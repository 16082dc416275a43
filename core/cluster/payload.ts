/** The job of one step in the cluster, as the program that does it reads it from stdin, and what its answer says. */
import { whyMissing } from "../format/printedBefore";
import type { NodePlan } from "../plan";
import { as, GATES, isForced } from "../protocol/lines";
import type { Config } from "../schema/config";
import type { Fact, Facts } from "./facts";
import type { Job } from "./job";
import type { Step } from "./steps";

const workers = (job: Facts["workersTrust"]): Partial<Job> => ({ workers: job });

const own = (held: Facts["ownTrust"]): Partial<Job> => ({ held });

/** What a fact is in the job. */
const IN_JOB: { readonly [F in Fact]: (value: Facts[F]) => Partial<Job> } = {
  ca: (ca) => ({ ca }),
  final: (ca) => ({ ca }),
  rotating: (ca) => ({ ca }),
  // at the start of an adoption the stack does not know it
  old: (old) => (old.trim() === "" ? {} : { old }),
  others: (others) => (others.length === 0 ? {} : { others }),
  frontProxy: (frontProxy) => ({ frontProxy }),
  tokenKid: (tokenKid) => ({ tokenKid }),
  since: (since) => ({ since }),
  workersTrust: workers,
  workersIssue: workers,
  workersRetire: workers,
  ownTrust: own,
  ownIssue: own,
  ownRetire: own,
  status: (status) => ({ status }),
};

const inJob = (fact: Fact, facts: Partial<Facts>, step: Step): Partial<Job> => {
  const value = facts[fact];
  if (value === undefined) throw new Error(`in-cluster step ${step.nameSuffix}: ${fact} is not known`);
  return (IN_JOB[fact] as (known: unknown) => Partial<Job>)(value);
};

/** Where the kubectl is that asks, and whose credentials it takes. */
export interface Through {
  /** The control plane's name. */
  readonly node: string;
  /** Path of an admin's kubeconfig on it. */
  readonly kubeconfig: string;
  readonly sudo: boolean;
}

/** What the program reads from stdin. */
export interface ClusterPayload {
  readonly through: Through;
  readonly job: Job;
}

const adminKubeconfig = ({ node, known }: NodePlan): string => {
  const row = known.find(({ content }) => content.kind === "kubeconfig" && content.profile === "admin");
  if (row === undefined) throw new Error(`${node.name}: the layout has no admin kubeconfig there`);
  return as.path(row.path);
};

export const clusterPayload = (
  step: Step,
  { node, ...plan }: NodePlan,
  config: Config,
  facts: Partial<Facts>,
): ClusterPayload => {
  const known = step.facts(config).map((fact) => inJob(fact, facts, step));
  return {
    through: { node: as.name(node.name), kubeconfig: adminKubeconfig({ node, ...plan }), sudo: config.ssh.sudo },
    job: Object.assign({ force: GATES.filter((gate) => isForced(gate, config)), ...step.job(config) }, ...known) as Job,
  };
};

/** What task root-ca tells: pods that began later have the new CA. Unix seconds. */
export const sinceOf = (stdout: string): number => {
  const since = /^since ([0-9]+)$/m.exec(stdout)?.[1];
  if (since === undefined)
    throw new Error(
      `the step did not report when the new CA reached every namespace: ${whyMissing(stdout, "since [0-9]+")}, run again`,
    );
  return Number(since);
};
