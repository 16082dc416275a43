/** kube-root-ca.crt, which kube-controller-manager publishes in every namespace: the CA that pods are given. */
import { blocksOf, digestOf } from "../../format/pemBlocks";
import type { ConfigMap, Namespace } from "../kube";
import { POLL_MS, Refusal, type Work } from "../work";

const NAME = "kube-root-ca.crt";
const RECORD = "kube-pki/since";
const MANAGER = "kube-pki";

/** A controller manager that was just restarted. */
const PUBLISHED_S = 180;

const published = (work: Work): Promise<readonly ConfigMap[]> =>
  work.kube.list("configmaps", { fields: `metadata.name=${NAME}` });

/** The namespaces that publish none of `wanted`, or not all; one that is about to go is left alone. */
export const lacking = (
  wanted: readonly string[],
  namespaces: readonly Namespace[],
  configMaps: readonly ConfigMap[],
): readonly string[] => {
  const held = new Map(
    configMaps.map(({ metadata, data }) => [metadata.namespace, new Set(blocksOf(data?.["ca.crt"] ?? ""))]),
  );
  return namespaces
    .filter(({ status }) => status?.phase === "Active")
    .map(({ metadata }) => metadata.name)
    .filter((name) => !wanted.every((block) => held.get(name)?.has(block)))
    .sort();
};

const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** When one of them was written last, unix seconds; with `except` by others than that manager. */
export const writtenLast = (objects: readonly Pick<ConfigMap, "metadata">[], except?: string): number | undefined => {
  const times = objects.flatMap(({ metadata }) =>
    (metadata.managedFields ?? []).flatMap(({ manager, time }) =>
      time === undefined || (except !== undefined && manager === except) ? [] : [seconds(time)],
    ),
  );
  return times.length === 0 ? undefined : Math.max(...times);
};

const now = ({ clock }: Work): number => Math.floor(clock.now() / 1000);

/** Told by an earlier step; else the last writing, which is never too early. */
export const sinceOf = async (work: Work): Promise<number> =>
  work.job.since ?? writtenLast(await published(work), MANAGER) ?? now(work);

/**
 * Waits until every namespace publishes the new CA, and says since when: pods that begin later have it. That moment is written
 * down in the cluster, since what is published is written again later (with the CAs in another order, in a new namespace) and
 * would then name pods that had been restarted. The record is of one CA, and counts only where nobody lacks that CA at first
 * sight: else it was taken away in between.
 */
export const rootCa = async (work: Work): Promise<void> => {
  const wanted = work.blocks("ca", "root-ca");
  let lack: readonly string[] = [];
  let configMaps: readonly ConfigMap[] = [];
  let looks = 0;
  const look = async (): Promise<boolean> => {
    looks += 1;
    const namespaces = await work.kube.list("namespaces");
    configMaps = await published(work);
    lack = lacking(wanted, namespaces, configMaps);
    return lack.length === 0;
  };
  if (!(await work.waitFor(PUBLISHED_S, `the new CA in ${NAME} of every namespace`, look)))
    throw new Refusal(
      `${NAME} lacks the new CA after ${String(PUBLISHED_S)} s in ${lack.join(" ").slice(0, 300)}: check that ` +
        "kube-controller-manager runs and has the new --root-ca-file",
    );
  const digest = digestOf(wanted);
  const recorded = looks === 1 ? recordOf(configMaps, digest) : undefined;
  const since = recorded ?? writtenLast(configMaps, MANAGER) ?? now(work);
  if (recorded === undefined)
    await work.kube.patch("configmaps", { namespace: "kube-system", name: NAME }, "merge", {
      metadata: { annotations: { [RECORD]: `${digest}-${String(since)}` } },
    });
  work.report(`since ${String(since)}`);
};

/** The record is an annotation, which the controller manager keeps when it publishes anew: <digest of the CA>-<unix seconds>. */
const recordOf = (configMaps: readonly ConfigMap[], digest: string): number | undefined => {
  const system = configMaps.find(({ metadata }) => metadata.namespace === "kube-system");
  const [, since] = new RegExp(`^${digest}-([0-9]{1,12})$`).exec(system?.metadata.annotations?.[RECORD] ?? "") ?? [];
  return since === undefined ? undefined : Number(since);
};

/**
 * Before anything is retired, and without waiting: what was published once may have been taken back by a controller manager
 * left behind. Asked twice, for a namespace that was just made.
 */
export const rootCaSeen = async (work: Work): Promise<void> => {
  const wanted = work.blocks("ca", "root-ca-seen");
  const look = async () => lacking(wanted, await work.kube.list("namespaces"), await published(work));
  if ((await look()).length === 0) return;
  await work.clock.sleep(POLL_MS);
  for (const name of await look())
    work.found(
      "scan",
      "ConfigMap",
      `${name}/${NAME}`,
      "lacks the new CA: check that kube-controller-manager runs and has the new --root-ca-file",
    );
};

/** Beside the CA that stays, what every namespace is told to trust. */
export const publishedCas = async ({ kube }: Work): Promise<readonly string[]> =>
  blocksOf((await kube.get("configmaps", { namespace: "kube-system", name: NAME }))?.data?.["ca.crt"] ?? "");
