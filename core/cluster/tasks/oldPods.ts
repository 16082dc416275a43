/** Pods that began before the new CA was trusted, and may know only the old one. */
import { blocksOf } from "../../format/pemBlocks";
import { BUNDLED } from "../../model/clusterObjects";
import type { Workload } from "../../schema/config";
import type { BundleHolder, Objects, Pod, TrustBundleVolume } from "../kube";
import { selects } from "../selector";
import type { Work } from "../work";
import { replaced } from "./replaced";
import { sinceOf, writtenLast } from "./rootCa";

/** What runs pods: a workload, or what is nothing that can be rolled. */
export interface Owner {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

type Named = Pick<Objects["replicasets.apps"], "metadata">;

const textOf = ({ kind, namespace, name }: Owner): string => `${kind} ${namespace}/${name}`;

/** What pods are given a CA by, and since when it has the new one, unix seconds. */
export interface Given {
  /** By kube-root-ca.crt; undefined: its CA stays. */
  readonly rootCa: number | undefined;
  readonly trustBundles: readonly { readonly bundle: BundleHolder; readonly since: number }[];
}

const isProjected = ({ name, signerName, labelSelector }: TrustBundleVolume, { metadata, spec }: BundleHolder) =>
  name === undefined
    ? signerName === spec?.signerName && selects(labelSelector, metadata.labels ?? {})
    : name === metadata.name;

const sourcesOf = ({ spec: { volumes = [] } }: Pod) => volumes.flatMap(({ projected }) => projected?.sources ?? []);

/** Whether the CA that pods trust the API server by is among its files. */
export const mountsRootCa = (pod: Pod): boolean =>
  [...(pod.spec.volumes ?? []), ...sourcesOf(pod)].some(({ configMap }) => configMap?.name === "kube-root-ca.crt");

/** From when on a pod of this kind has the new CA; one that mounts none was always right. */
const sinceFor = (pod: Pod, { rootCa, trustBundles }: Given): number => {
  const projected = trustBundles.filter(({ bundle }) =>
    sourcesOf(pod).some(({ clusterTrustBundle: by }) => by !== undefined && isProjected(by, bundle)),
  );
  return Math.max(
    ...(mountsRootCa(pod) && rootCa !== undefined ? [rootCa] : []),
    ...projected.map(({ since }) => since),
  );
};

/** When the first of its containers that run now has begun, milliseconds; without one, never. */
const began = ({ status }: Pod): number =>
  Math.min(
    ...[...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].flatMap(({ state }) =>
      state?.running?.startedAt === undefined ? [] : [Date.parse(state.running.startedAt)],
    ),
  );

const controllerOf = ({ metadata: { ownerReferences = [] } }: Named) =>
  ownerReferences.find(({ controller }) => controller);

/** Whose pods are given a CA and began before they could have the new one, without those of `reload`; by kind and name. */
export const begunBefore = (
  given: Given,
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
    began(pod) <= sinceFor(pod, given) * 1000;
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

/** The controller manager publishes the cluster's CA as one of this signer too, anew whenever its order changes. */
const PUBLISHED_BY = "kubernetes.io/kube-apiserver-serving";

const givenBy = async (work: Work): Promise<Given> => {
  const { kube, job } = work;
  const rootCa = job.ca === undefined ? undefined : await sinceOf(work);
  const stays = (await replaced(work)).flatMap((each) => each.stays);
  const bundles = await kube.list(BUNDLED.ClusterTrustBundle);
  const trustBundles = bundles
    .filter(({ spec }) => blocksOf(spec?.trustBundle ?? "").some((block) => stays.includes(block)))
    .map((bundle) => ({
      bundle,
      since: (bundle.spec?.signerName === PUBLISHED_BY ? rootCa : undefined) ?? writtenLast([bundle]) ?? 0,
    }));
  return { rootCa, trustBundles };
};

export const listBegunBefore = async (work: Work): Promise<readonly Owner[]> => {
  const { kube, job } = work;
  const given = await givenBy(work);
  const replicaSets = await kube.list("replicasets.apps");
  return begunBefore(given, await kube.list("pods"), replicaSets, job.reload ?? []);
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
