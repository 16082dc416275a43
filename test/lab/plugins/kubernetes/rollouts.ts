import { isObject, number, part, text, type Properties, type Value } from "../values";

/** How far a workload is after a change: done, or what is waited for. */
export interface Progress {
  readonly done: boolean;
  readonly message: string;
}

export interface Rollout {
  progress(live: Properties, related: readonly Properties[]): Progress;
  /** Other objects of the namespace that tell how far it is. */
  readonly related?: "replicasets";
  /** What the official plugin says when time is up. */
  timedOut(name: string): string;
}

const notReady = (name: string): string => `'${name}' timed out waiting to be Ready`;

/** By kstatus, as the official plugin has it: also with the OnDelete strategy every pod has to be a new one. */
export const daemonSet: Rollout = {
  progress(live) {
    const { generation, observed, count } = read(live);
    if (observed < generation) return waiting("waiting for the DaemonSet controller to see the change");
    const desired = count("desiredNumberScheduled", -1);
    if (desired < 0) return waiting("waiting for the DaemonSet controller to count its nodes");
    const short = ["currentNumberScheduled", "updatedNumberScheduled", "numberAvailable", "numberReady"].find(
      (field) => count(field) < desired,
    );
    if (short !== undefined) return waiting(`${short}: ${String(count(short))}/${String(desired)}`);
    return done(`all replicas scheduled as expected, ${String(desired)} of them`);
  },
  timedOut: () => "timed out waiting for the condition",
};

const revision = "deployment.kubernetes.io/revision";

/** The new ReplicaSet has its pods and the Deployment calls itself available. Volumes are not looked at. */
export const deployment: Rollout = {
  related: "replicasets",
  progress(live, replicaSets) {
    const { generation, observed, uid, annotations } = read(live);
    if (observed !== generation) return waiting("waiting for the Deployment controller to see the change");
    const current = text(annotations[revision]);
    const own = replicaSets.map(read).find((set) => set.owners.includes(uid) && set.annotations[revision] === current);
    if (current === undefined || own === undefined) return waiting("waiting for the new ReplicaSet");
    const { wanted, ready } = { wanted: number(own.spec["replicas"]) ?? 1, ready: own.count("readyReplicas") };
    if (ready < wanted) {
      return waiting(`Waiting for app ReplicaSet to be available (${String(ready)}/${String(wanted)} Pods available)`);
    }
    const available = condition(live, "Available");
    // The first ReplicaSet is made, not rolled out to.
    const rolled = current === "1" || condition(live, "Progressing", "NewReplicaSetAvailable");
    return available && rolled ? done("Deployment initialization complete") : waiting("waiting for it to be available");
  },
  timedOut: notReady,
};

export const statefulSet: Rollout = {
  progress(live) {
    const { generation, observed, spec, status, count } = read(live);
    if (observed < generation) return waiting("waiting for the StatefulSet controller to see the change");
    const wanted = number(spec["replicas"]) ?? 0;
    const strategy = part(spec, "updateStrategy")["type"];
    const byHand = generation > 1 && strategy === "OnDelete";
    const counts = ["replicas", "readyReplicas", ...(byHand ? [] : ["currentReplicas"])];
    const short = counts.find((field) => count(field) !== wanted);
    if (short !== undefined) return waiting(`${short}: ${String(count(short))}/${String(wanted)}`);
    const { currentRevision, updateRevision } = status;
    const sameRevision = text(currentRevision) !== undefined && currentRevision === updateRevision;
    return byHand || sameRevision
      ? done("StatefulSet initialization complete")
      : waiting("Waiting for StatefulSet to update .status.currentRevision");
  },
  timedOut: notReady,
};

const waiting = (message: string): Progress => ({ done: false, message });
const done = (message: string): Progress => ({ done: true, message });

function read(object: Properties) {
  const [metadata, spec, status] = [part(object, "metadata"), part(object, "spec"), part(object, "status")];
  return {
    spec,
    status,
    uid: text(metadata["uid"]) ?? "",
    annotations: part(metadata, "annotations"),
    owners: list(metadata["ownerReferences"]).map((each) => (isObject(each) ? text(each["uid"]) : undefined)),
    generation: number(metadata["generation"]) ?? 0,
    observed: number(status["observedGeneration"]) ?? 0,
    count: (field: string, absent = 0): number => number(status[field]) ?? absent,
  };
}

function condition(object: Properties, type: string, reason?: string): boolean {
  const { conditions } = part(object, "status");
  return list(conditions).some(
    (each) =>
      isObject(each) &&
      each["type"] === type &&
      each["status"] === "True" &&
      (reason === undefined || each["reason"] === reason),
  );
}

function list(value: Value | undefined): Value[] {
  return Array.isArray(value) ? value : [];
}
