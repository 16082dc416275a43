import assert from "node:assert/strict";
import { rolloutStatus } from "../../../core/cluster/rolloutStatus";
import type { WorkloadObject } from "../../../core/cluster/kube";
import type { Workload } from "../../../core/schema/config";

type Row = readonly [kind: Workload["kind"], spec: object, status: object, waiting: string | undefined];

const ROWS: readonly Row[] = [
  ["Deployment", { replicas: 2 }, { updatedReplicas: 1 }, "1 of 2 new replicas have been updated"],
  ["Deployment", { replicas: 2 }, { updatedReplicas: 2, replicas: 3 }, "1 old replicas are yet to end"],
  ["Deployment", { replicas: 2 }, { updatedReplicas: 2, replicas: 2 }, "0 of 2 updated replicas are available"],
  ["Deployment", { replicas: 2 }, { updatedReplicas: 2, replicas: 2, availableReplicas: 2 }, undefined],
  ["Deployment", { replicas: 0 }, {}, undefined],
  ["Deployment", {}, {}, "0 of 1 new replicas have been updated"],
  [
    "Deployment",
    {},
    { conditions: [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: "late" }] },
    "its progress deadline is exceeded: late",
  ],
  ["DaemonSet", {}, { desiredNumberScheduled: 2, updatedNumberScheduled: 1 }, "1 of 2 pods have been updated"],
  [
    "DaemonSet",
    {},
    { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 },
    "1 of 2 updated pods are available",
  ],
  ["DaemonSet", {}, { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 }, undefined],
  ["DaemonSet", {}, { desiredNumberScheduled: 0 }, undefined],
  ["StatefulSet", { replicas: 2 }, { readyReplicas: 1 }, "1 of 2 pods are ready"],
  [
    "StatefulSet",
    { replicas: 2 },
    { readyReplicas: 2, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
    "1 pods are at the new revision",
  ],
  ["StatefulSet", { replicas: 2 }, { readyReplicas: 2, currentRevision: "b", updateRevision: "b" }, undefined],
  [
    "StatefulSet",
    { replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } } },
    { readyReplicas: 3, updatedReplicas: 1, currentRevision: "a", updateRevision: "b" },
    "1 of 2 pods have been updated",
  ],
  [
    "StatefulSet",
    { replicas: 3, updateStrategy: { rollingUpdate: { partition: 1 } } },
    { readyReplicas: 3, updatedReplicas: 2, currentRevision: "a", updateRevision: "b" },
    undefined,
  ],
];

const object = (spec: object, status: object): WorkloadObject => ({
  metadata: { name: "it", generation: 2 },
  spec: { template: {}, ...spec },
  status: { observedGeneration: 2, ...status },
});

describe("the status of a rollout", () => {
  for (const [kind, spec, status, waiting] of ROWS)
    it(`${kind}: ${waiting ?? "done"} (${JSON.stringify({ ...spec, ...status })})`, () => {
      assert.equal(rolloutStatus(kind, object(spec, status)), waiting);
    });

  for (const kind of ["Deployment", "DaemonSet", "StatefulSet"] as const)
    it(`${kind}: a change that its controller has not seen`, () => {
      assert.equal(
        rolloutStatus(kind, object({}, { observedGeneration: 1 })),
        "its controller has not seen the change yet",
      );
    });
});
