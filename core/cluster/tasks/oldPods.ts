/** Pods that began before the new CA was trusted, and may know only the old one. */
import type { Workload } from "../../schema/config";
import type { Objects, Pod } from "../kube";
import type { Work } from "../work";
import { sinceOf } from "./rootCa";

/** What runs pods: a workload, or what is nothing that can be rolled. */
export interface Owner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

type Named = Pick<Objects["replicasets.apps"], "metadata">;

const textOf = ({ kind, namespace, name }: Owner): string => `${kind} ${namespace}/${name}`;

const mounts = ({ spec }: Pod): boolean =>
  (spec.volumes ?? [])
    .flatMap(({ configMap, projected }) => [configMap, ...(projected?.sources ?? []).map((source) => source.configMap)])
    .some((volume) => volume?.name === "kube-root-ca.crt");

/** When the first of its containers that run now has begun, milliseconds; without one, never. */
const began = ({ status }: Pod): number =>
  Math.min(
    ...[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ state }) =>
      state?.running?.startedAt === undefined ? [] : [Date.parse(state.running.startedAt)],
    ),
  );

const controllerOf = ({ metadata: { ownerReferences = [] } }: Named) =>
  ownerReferences.find(({ controller }) => controller);

/** Whose pods mount the cluster's CA and began by `since`, without those of `reload`; by kind and name. */
export const begunBefore = (
  since: number,
  pods: readonly Pod[],
  replicaSets: readonly Named[],
  reload: readonly Workload[],
): readonly Owner[] => {
  const owners = new Map(
    replicaSets.map((each) => [`${each.metadata.namespace ?? ""}/${each.metadata.name}`, controllerOf(each)]),
  );
  const spared = new Set(reload.map(textOf));
  const isOld = (pod: Pod): boolean =>
    pod.status?.phase === "Running" &&
    // the kubelet's own, which mount files of the node
    pod.metadata.annotations?.["kubernetes.io/config.mirror"] === undefined &&
    mounts(pod) &&
    began(pod) <= since * 1000;
  const found = pods.filter(isOld).map((pod): Owner => {
    const namespace = pod.metadata.namespace ?? "";
    const direct = controllerOf(pod) ?? { kind: "Pod", name: pod.metadata.name };
    const { kind, name } =
      (direct.kind === "ReplicaSet" ? owners.get(`${namespace}/${direct.name}`) : undefined) ?? direct;
    return { kind, namespace, name };
  });
  const byName = new Map(found.map((owner) => [textOf(owner), owner]));
  return [...byName.keys()]
    .filter((name) => !spared.has(name))
    .sort()
    .flatMap((name) => byName.get(name) ?? []);
};

export const listBegunBefore = async (work: Work): Promise<readonly Owner[]> => {
  const { kube, job } = work;
  const since = await sinceOf(work);
  const replicaSets = await kube.list("replicasets.apps");
  return begunBefore(since, await kube.list("pods"), replicaSets, job.reload ?? []);
};

export const oldPods = async (work: Work): Promise<void> => {
  for (const { kind, namespace, name } of await listBegunBefore(work))
    work.found(
      "scan",
      kind,
      `${namespace}/${name}`,
      "began before the new CA was trusted and may know only the old one: restart it, or name it under inCluster.reload if it " +
        "reads ca.crt anew",
    );
};
