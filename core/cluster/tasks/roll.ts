/** Workloads are rolled, what the rest of a cluster needs first; none whose PodDisruptionBudget is used up. */
import { digestOf } from "../../format/pemBlocks";
import { WORKLOADS } from "../../model/clusterObjects";
import type { Workload } from "../../schema/config";
import { isReady } from "../isReady";
import type { WorkloadObject } from "../kube";
import { FIRST_RANKS, rankOf, TRUSTED } from "../restarts";
import { rolloutStatus } from "../rolloutStatus";
import { selects } from "../selector";
import { Refusal, type Work } from "../work";
import { listBegunBefore, type Owner } from "./oldPods";
import { sinceOf } from "./rootCa";

/** As Kubernetes' own progressDeadlineSeconds. */
const ROLLED_S = 600;
const BUDGET_S = 60;

/** Those that nothing else waits for are rolled so many at a time. */
const AT_ONCE = 5;

const textOf = ({ kind, namespace, name }: Workload): string => `${kind} ${namespace}/${name}`;

const read = ({ kube }: Work, { kind, namespace, name }: Workload): Promise<WorkloadObject | undefined> =>
  kube.get(WORKLOADS[kind], { namespace, name });

/** The PodDisruptionBudget of its pods that is used up; none where no pod is ready, as while all wait for a Secret. */
const budgetInWay = async (
  { kube }: Work,
  { namespace }: Workload,
  { spec }: WorkloadObject,
): Promise<string | undefined> => {
  const budgets = await kube.list("poddisruptionbudgets.policy", { namespace });
  const usedUp = budgets.filter(({ status }) => (status?.disruptionsAllowed ?? 0) === 0);
  if (usedUp.length === 0) return undefined;
  const pods = (await kube.list("pods", { namespace })).filter(({ metadata }) =>
    selects(spec.selector, metadata.labels ?? {}),
  );
  if (!pods.some(isReady)) return undefined;
  const labels = pods.map(({ metadata }) => metadata.labels ?? {});
  return usedUp.find((budget) => labels.some((each) => selects(budget.spec.selector, each)))?.metadata.name;
};

/** What a workload's spec says that keeps a new pod template from being rolled out. */
const OBSTACLES: readonly (readonly [holds: (spec: WorkloadObject["spec"]) => boolean, why: string])[] = [
  [({ paused }) => paused === true, "is paused, so that a restart would not begin: resume it"],
  [
    ({ updateStrategy }) => updateStrategy?.type === "OnDelete",
    "has the update strategy OnDelete: delete its pods one by one",
  ],
];

type Look = "gone" | "rolled" | "blocked" | "ready";

/** On the pod template: the same one twice rolls nothing. */
interface Mark {
  readonly annotation: string;
  readonly value: string;
}

/** Whether it can be rolled, with what keeps it from that found. */
const look = async (work: Work, workload: Workload, { annotation, value }: Mark): Promise<Look> => {
  const object = await read(work, workload);
  if (object === undefined) return "gone";
  if (object.spec.template.metadata?.annotations?.[annotation] === value) return "rolled";
  const { kind, namespace, name } = workload;
  const obstacle = OBSTACLES.find(([holds]) => holds(object.spec));
  if (obstacle !== undefined) {
    work.found("scan", kind, `${namespace}/${name}`, obstacle[1]);
    return "blocked";
  }
  let inWay: string | undefined;
  const hasRoom = async (): Promise<boolean> => {
    inWay = await budgetInWay(work, workload, object);
    return inWay === undefined;
  };
  const room = `room to restart ${textOf(workload)} in its PodDisruptionBudget`;
  if (await work.waitFor(work.patience("scan", BUDGET_S), room, hasRoom)) return "ready";
  work.found(
    "scan",
    "PodDisruptionBudget",
    `${namespace}/${inWay ?? ""}`,
    `allows no disruption, so ${textOf(workload)} cannot be restarted: make its pods ready, or relax the budget`,
  );
  return work.isForced("scan") ? "ready" : "blocked";
};

/** Before the provider rolls the workloads that the stack names: each can be, and what keeps one from it is told of all of them. */
export const mayRestart = async (work: Work): Promise<void> => {
  const mark = { annotation: TRUSTED, value: digestOf(work.blocks("ca", "may-restart")) };
  for (const workload of work.job.toRoll ?? [])
    if ((await look(work, workload, mark)) === "gone") throw notThere(workload, "inCluster.restart");
};

const notThere = (workload: Workload, list: string): Refusal =>
  new Refusal(`${textOf(workload)} is not in the cluster, but is listed under ${list}: remove it there`);

/** One after another, in this order. */
export const roll = async (work: Work, workloads: readonly Workload[], mark: Mark, list: string): Promise<void> => {
  for (const workload of workloads) {
    const now = await begin(work, workload, mark);
    if (now === "gone") throw notThere(workload, list);
    if (now !== "blocked") await end(work, workload);
  }
};

const isWorkload = (owner: Owner): owner is Workload => Object.hasOwn(WORKLOADS, owner.kind);

/** Waves: each of what others need alone, the rest some at a time. */
const wavesOf = (workloads: readonly Workload[]): readonly (readonly Workload[])[] => {
  const sorted = [...workloads].sort((a, b) => rankOf(a) - rankOf(b));
  const first = sorted.filter((each) => rankOf(each) < FIRST_RANKS);
  const rest = sorted.slice(first.length);
  const waves = Array.from({ length: Math.ceil(rest.length / AT_ONCE) }, (_, index) =>
    rest.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  return [...first.map((each) => [each]), ...waves];
};

/** All that began before the new CA was trusted: the network first, then the way to services, then names, then the rest. */
export const restartAll = async (work: Work): Promise<void> => {
  const owners = await listBegunBefore(work);
  // with the time: pods begun while a rotation was given up need it once more
  const value = `${digestOf(work.blocks("ca", "restart-all"))}-${String(await sinceOf(work))}`;
  const mark = { annotation: TRUSTED, value };
  for (const wave of wavesOf(owners.filter(isWorkload))) {
    const rolling: Workload[] = [];
    for (const workload of wave) {
      const now = await begin(work, workload, mark);
      if (now === "ready" || now === "rolled") rolling.push(workload);
    }
    for (const workload of rolling) await end(work, workload);
  }
  for (const { kind, namespace, name } of owners.filter((each) => !isWorkload(each)))
    work.say(`${kind} ${namespace}/${name} cannot be rolled: restart it yourself`);
};

/** An annotation on the pod template, as `kubectl rollout restart` does; the same one twice rolls nothing. */
const begin = async (work: Work, workload: Workload, mark: Mark): Promise<Look> => {
  const { kind, namespace, name } = workload;
  const now = await look(work, workload, mark);
  if (now === "ready") {
    await work.kube.patch(WORKLOADS[kind], { namespace, name }, "merge", {
      spec: { template: { metadata: { annotations: { [mark.annotation]: mark.value } } } },
    });
    work.say(`${textOf(workload)} restarts`);
  }
  return now;
};

const end = async (work: Work, workload: Workload): Promise<void> => {
  let waiting: string | undefined;
  const isRolled = async (): Promise<boolean> => {
    const object = await read(work, workload);
    waiting = object === undefined ? undefined : rolloutStatus(workload.kind, object); // deleted meanwhile
    return waiting === undefined;
  };
  if (await work.waitFor(ROLLED_S, `${textOf(workload)} to be restarted`, isRolled)) return;
  throw new Refusal(
    `${textOf(workload)} was not restarted within ${String(ROLLED_S)} s: ${waiting ?? ""}; look at its pods, then run again`,
  );
};
