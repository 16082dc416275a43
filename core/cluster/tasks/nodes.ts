/** Nodes of the cluster that the stack does not visit. */
import type { Work } from "../work";
import { sinceOf } from "./rootCa";
import { VISITORS } from "./visits";

/** A kubelet looks after each pod every 60 s, and half as long again at most. */
const MOUNTED_S = 95;

const elsewhere = async ({ job, kube }: Work): Promise<readonly string[]> => {
  const visited = new Set(job.visited);
  return (await kube.list("nodes")).map(({ metadata }) => metadata.name).filter((name) => !visited.has(name));
};

/**
 * A kubelet that nobody brings the CA that stays distrusts the API servers from issue on, and is not let in once the old one
 * has gone. Pods of the workers' DaemonSet visit nodes as well.
 */
export const nodes = async (work: Work): Promise<void> => {
  const { job, kube } = work;
  const unlisted = await elsewhere(work);
  const pods = job.visitors === undefined ? [] : await kube.list("pods", { namespace: job.visitors, labels: VISITORS });
  const visited = new Set(pods.map(({ spec }) => spec.nodeName));
  for (const name of unlisted.filter((each) => !visited.has(each)))
    work.found(
      "scan",
      "Node",
      name,
      "is not in the stack file, so its kubelet and its pods do not get the new CA: list it under nodes, cover it by inCluster.workers, " +
        "or delete it from the cluster if it is gone",
    );
};

/** Pods of nodes that the stack visits are looked at there (verb `check`); elsewhere their kubelets are given the time they take at most. */
export const mountedElsewhere = async (work: Work): Promise<void> => {
  const since = await sinceOf(work);
  const unlisted = await elsewhere(work);
  if (unlisted.length === 0) return;
  const left = Math.min(since + MOUNTED_S - Math.floor(work.clock.now() / 1000), MOUNTED_S); // clocks may differ
  if (left <= 0) return;
  work.say(
    `waiting ${String(left)} s for kubelets of nodes that are not listed (${unlisted.join(" ").slice(0, 100)}) to put the ` +
      "new CA into their pods",
  );
  await work.clock.sleep(left * 1000);
};
