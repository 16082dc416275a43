import assert from "node:assert/strict";
import { TASKS, type TaskName } from "../../../core/cluster/job";
import { FakeCluster, NEW } from "./fakeKube";
import { pod } from "./tasks/pods";

/** They change nothing. */
const LOOKS: readonly TaskName[] = [
  "root-ca-seen",
  "nodes",
  "ca-bundles",
  "pods",
  "secrets",
  "kubelets",
  "may-restart",
];

describe("tasks in the cluster", () => {
  for (const name of TASKS)
    it(`${LOOKS.includes(name) ? "go on with" : "leave out"} ${name} once something was found`, async () => {
      const cluster = new FakeCluster().put("nodes", { metadata: { name: "far" } }).put("pods", pod("app", "it", {}));
      const finds = name === "nodes" ? "pods" : "nodes";
      const done = await cluster.work({ tasks: [finds, name], ca: NEW, since: 1_795_510_120 });
      assert.equal(done.reported.includes(`task ${name} skipped`), !LOOKS.includes(name), done.reported);
      assert.match(done.why, /then run again, or override it with 'force: \[scan\]'/);
      assert.deepEqual(cluster.changes, []);
    });

  it("run in order, and end with one word", async () => {
    const done = await new FakeCluster().work({ tasks: ["nodes", "secrets"], visited: [] });
    assert.equal(done.reported, "task nodes done\ntask secrets done\ndone");
  });
});
