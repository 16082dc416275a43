import assert from "node:assert/strict";
import type { Properties } from "../values";
import { daemonSet, deployment, statefulSet, type Rollout } from "./rollouts";

const revision = "deployment.kubernetes.io/revision";
const metadata = { generation: 3, uid: "u", annotations: { [revision]: "2" } };
const conditions = (available: string, reason: string): Properties[] => [
  { type: "Available", status: available },
  { type: "Progressing", status: "True", reason },
];
const replicaSet = (of = "u", at = "2", readyReplicas = 2): Properties => ({
  metadata: { ownerReferences: [{ uid: of }], annotations: { [revision]: at } },
  spec: { replicas: 2 },
  status: { readyReplicas },
});

interface Case {
  readonly rollout: Rollout;
  readonly spec?: Properties;
  readonly status: Properties;
  /** Each of them alone, and it is not done. */
  readonly unfinished: readonly Properties[];
}

const cases: Record<string, Case> = {
  DaemonSet: {
    rollout: daemonSet,
    status: {
      observedGeneration: 3,
      desiredNumberScheduled: 2,
      currentNumberScheduled: 2,
      updatedNumberScheduled: 2,
      numberAvailable: 2,
      numberReady: 2,
    },
    unfinished: [
      { observedGeneration: 2 },
      { desiredNumberScheduled: null },
      { currentNumberScheduled: 1 },
      { updatedNumberScheduled: null },
      { numberAvailable: 1 },
      { numberReady: 1 },
    ],
  },
  Deployment: {
    rollout: deployment,
    status: { observedGeneration: 3, conditions: conditions("True", "NewReplicaSetAvailable") },
    unfinished: [
      { observedGeneration: 2 },
      { conditions: conditions("False", "NewReplicaSetAvailable") },
      { conditions: conditions("True", "ReplicaSetUpdated") },
      { conditions: null },
    ],
  },
  StatefulSet: {
    rollout: statefulSet,
    spec: { replicas: 2 },
    status: {
      observedGeneration: 3,
      replicas: 2,
      readyReplicas: 2,
      currentReplicas: 2,
      currentRevision: "b",
      updateRevision: "b",
    },
    unfinished: [
      { observedGeneration: 2 },
      { replicas: 3 },
      { readyReplicas: 1 },
      { currentReplicas: null },
      { currentRevision: "a" },
      { currentRevision: null, updateRevision: null },
    ],
  },
};

describe("rollouts", () => {
  for (const [kind, { rollout, spec = {}, status, unfinished }] of Object.entries(cases)) {
    const isDone = (changes: Properties, sets = [replicaSet()]): boolean =>
      rollout.progress({ metadata, spec, status: { ...status, ...changes } }, sets).done;

    it(`of a ${kind} is done when all of its status says so`, () => {
      assert.ok(isDone({}));
      for (const changes of unfinished) assert.ok(!isDone(changes), JSON.stringify(changes));
    });
  }

  it("of a Deployment needs the pods of its own and newest ReplicaSet", () => {
    const { status } = cases["Deployment"]!;
    const isDone = (sets: Properties[]): boolean => deployment.progress({ metadata, spec: {}, status }, sets).done;
    assert.ok(isDone([replicaSet("u", "1", 0), replicaSet("other", "2", 0), replicaSet()]));
    for (const set of [replicaSet("other"), replicaSet("u", "1"), replicaSet("u", "2", 1)]) assert.ok(!isDone([set]));
    assert.ok(!isDone([]));
  });

  it("of a Deployment's first ReplicaSet is no rollout to be waited for", () => {
    const first = { ...metadata, annotations: { [revision]: "1" } };
    const status = { observedGeneration: 3, conditions: conditions("True", "ReplicaSetUpdated") };
    assert.ok(deployment.progress({ metadata: first, spec: {}, status }, [replicaSet("u", "1")]).done);
  });

  it("of a StatefulSet with OnDelete does not wait for the pods that somebody has to delete", () => {
    const { status } = cases["StatefulSet"]!;
    const old = { ...status, currentRevision: "a", currentReplicas: 0 };
    const isDone = (type: string): boolean =>
      statefulSet.progress({ metadata, spec: { replicas: 2, updateStrategy: { type } }, status: old }, []).done;
    assert.deepEqual([isDone("OnDelete"), isDone("RollingUpdate")], [true, false]);
  });
});
