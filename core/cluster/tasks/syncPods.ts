/** Pods get the published CA within a second instead of a minute. */
import { digestOf } from "../../format/pemBlocks";
import type { Pod } from "../kube";
import type { Work } from "../work";
import { mountsRootCa } from "./oldPods";
import { sinceOf } from "./rootCa";

/** On a pod: of which publication its kubelet was told. */
export const SYNCED = "kube-pki/synced";

/** More are left to their kubelets: an API server takes 50 requests a second of one client, two for each pod. */
const AT_MOST = 500;

/** An API server refuses changes to a pod that has ended, and a static pod's has no token. */
const isOurs = ({ metadata, status }: Pod): boolean =>
  status?.phase === "Running" &&
  metadata.deletionTimestamp === undefined &&
  metadata.annotations?.["kubernetes.io/config.mirror"] === undefined;

/**
 * A kubelet updates the files of a pod every 60 to 90 s, and at once when the pod changes: so each gets an annotation. It is a
 * matter of speed alone: what is not updated by it is waited for (verb `check`, task `mounted-elsewhere`).
 */
export const syncPods = async (work: Work): Promise<void> => {
  const mark = `${digestOf(work.blocks("ca", "sync-pods"))}-${String(await sinceOf(work))}`;
  const pods = (await work.kube.list("pods")).filter(
    (pod) => isOurs(pod) && mountsRootCa(pod) && pod.metadata.annotations?.[SYNCED] !== mark,
  );
  if (pods.length === 0) return;
  if (pods.length > AT_MOST) {
    work.say(`${String(pods.length)} pods get the new CA from their kubelets within 90 s`);
    return;
  }
  await work.kube.syncPods(
    pods.map(({ metadata: { namespace = "", name } }) => ({ namespace, name })),
    mark,
  );
};
