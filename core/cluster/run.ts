/** The tasks of a step in the cluster, one after another. */
import type { Job, TaskName } from "./job";
import { authenticationClean } from "./tasks/authentication";
import { caBundles, rewrite } from "./tasks/caBundles";
import { heldCertificates } from "./tasks/heldCertificates";
import { heldSecrets } from "./tasks/heldSecrets";
import { clusterInfoAdd, clusterInfoExact } from "./tasks/joining";
import { kubeadmConfig } from "./tasks/kubeadmConfig";
import { kubelets } from "./tasks/kubelets";
import { kubeletServing } from "./tasks/kubeletServing";
import { mountedElsewhere, nodes } from "./tasks/nodes";
import { oldPods } from "./tasks/oldPods";
import { mayRestart, restartAll } from "./tasks/roll";
import { rootCa, rootCaSeen } from "./tasks/rootCa";
import { publishStatus } from "./tasks/status";
import { syncPods } from "./tasks/syncPods";
import { tokens } from "./tasks/tokenSecrets";
import { workers, workersRemove } from "./tasks/workers";
import { Work, type Surroundings } from "./work";

interface Task {
  readonly run: (work: Work) => Promise<void>;
  /** It changes nothing, so it goes on after something was found. */
  readonly looks?: true;
}

const TASK: Readonly<Record<TaskName, Task>> = {
  "cluster-info-add": { run: clusterInfoAdd },
  "cluster-info-exact": { run: clusterInfoExact },
  "kubeadm-config": { run: kubeadmConfig },
  "root-ca": { run: rootCa },
  "root-ca-seen": { run: rootCaSeen, looks: true },
  "sync-pods": { run: syncPods },
  nodes: { run: nodes, looks: true },
  "mounted-elsewhere": { run: mountedElsewhere },
  rewrite: { run: rewrite },
  "ca-bundles": { run: caBundles, looks: true },
  pods: { run: oldPods, looks: true },
  secrets: { run: heldSecrets, looks: true },
  kubelets: { run: kubelets, looks: true },
  "may-restart": { run: mayRestart, looks: true },
  "restart-all": { run: restartAll },
  tokens: { run: tokens },
  "authentication-clean": { run: authenticationClean },
  workers: { run: workers },
  "workers-remove": { run: workersRemove },
  "held-certificates": { run: heldCertificates },
  status: { run: publishStatus },
  "kubelet-serving": { run: kubeletServing },
};

/** @throws Refusal: the sentence a person reads */
export const runJob = async (job: Job, surroundings: Surroundings): Promise<void> => {
  const work = new Work(job, surroundings);
  for (const name of job.tasks) {
    const { run, looks } = TASK[name];
    const before = work.count;
    if (before > 0 && looks === undefined) {
      work.report(`task ${name} skipped`);
      continue;
    }
    await run(work);
    work.report(`task ${name} ${work.count > before ? "blocked" : "done"}`);
  }
  work.refuse();
  work.report("done");
};
