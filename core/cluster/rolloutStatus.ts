/** Whether a workload has been rolled out, as `kubectl rollout status` tells it (kubectl/pkg/polymorphichelpers/rollout_status.go). */
import type { WorkloadObject } from "./kube";
import type { Workload } from "../schema/config";

const counted = (count: number | undefined, wanted: number, what: string): string | undefined =>
  (count ?? 0) < wanted ? `${String(count ?? 0)} of ${String(wanted)} ${what}` : undefined;

/** By kind: what is still waited for, undefined if nothing is. */
const WAITING: Readonly<Record<Workload["kind"], (object: WorkloadObject) => string | undefined>> = {
  Deployment: ({ spec, status = {} }) => {
    const { replicas = 0, updatedReplicas = 0, conditions = [] } = status;
    const late = conditions.find(({ reason }) => reason === "ProgressDeadlineExceeded");
    if (late !== undefined) return `its progress deadline is exceeded: ${late.message ?? ""}`;
    return (
      counted(updatedReplicas, spec.replicas ?? 1, "new replicas have been updated") ??
      (replicas > updatedReplicas ? `${String(replicas - updatedReplicas)} old replicas are yet to end` : undefined) ??
      counted(status.availableReplicas, updatedReplicas, "updated replicas are available")
    );
  },
  DaemonSet: ({ status = {} }) =>
    counted(status.updatedNumberScheduled, status.desiredNumberScheduled ?? 0, "pods have been updated") ??
    counted(status.numberAvailable, status.desiredNumberScheduled ?? 0, "updated pods are available"),
  StatefulSet: ({ spec, status = {} }) => {
    const replicas = spec.replicas ?? 1;
    const partition = spec.updateStrategy?.rollingUpdate?.partition ?? 0;
    return (
      counted(status.readyReplicas, replicas, "pods are ready") ??
      (partition > 0
        ? counted(status.updatedReplicas, replicas - partition, "pods have been updated")
        : status.updateRevision === status.currentRevision
          ? undefined
          : `${String(status.updatedReplicas ?? 0)} pods are at the new revision`)
    );
  },
};

/** What is still waited for; undefined where the workload has been rolled out. */
export const rolloutStatus = (kind: Workload["kind"], object: WorkloadObject): string | undefined =>
  (object.status?.observedGeneration ?? 0) < (object.metadata.generation ?? 0)
    ? "its controller has not seen the change yet"
    : WAITING[kind](object);
