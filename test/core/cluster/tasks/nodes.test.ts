import assert from "node:assert/strict";
import { FakeCluster, NOW } from "../fakeKube";

const node = (name: string) => ({ metadata: { name } });
const visitor = (nodeName: string) => ({
  metadata: { name: `pod-${nodeName}`, namespace: "ops", labels: { "kube-pki/workers": "kube-pki-workers" } },
  spec: { nodeName },
});

describe("task nodes", () => {
  it("names those that nobody visits, and nothing else is done", async () => {
    const cluster = new FakeCluster().put("nodes", node("cp1"), node("far"), node("far2"), node("ds"));
    cluster.put("pods", visitor("ds"), { metadata: { name: "x", namespace: "ops" }, spec: { nodeName: "far" } });
    const job = { tasks: ["nodes", "mounted-elsewhere"], visited: ["cp1"], visitors: "ops", since: NOW } as const;
    const done = await cluster.work(job);
    assert.deepEqual(done.found, ["Node far", "Node far2"]);
    assert.match(done.reported, /task mounted-elsewhere skipped/);
    assert.match(
      done.why,
      /^Node far, Node far2: is not in the stack file, so its kubelet and its pods do not get the new CA: list it under nodes, .*force: \[scan\]/,
    );
  });

  it("lets them through where the gate is given up, and finds nothing where all are visited", async () => {
    const cluster = new FakeCluster().put("nodes", node("cp1"), node("far"));
    const forced = await cluster.work({ tasks: ["nodes"], visited: ["cp1"], force: ["scan"] });
    assert.equal(forced.why, "");
    assert.match(forced.said, /^Node far: .*; allowed by 'force: \[scan\]'$/);
    assert.deepEqual((await cluster.work({ tasks: ["nodes"], visited: ["cp1", "far"] })).found, []);
  });
});

describe("task mounted-elsewhere", () => {
  const cluster = () => new FakeCluster().put("nodes", node("cp1"), node("far"));

  for (const [title, since, seconds] of [
    ["gives kubelets that are not visited the time to bring a fresh CA into their pods", NOW - 5, 90],
    ["is not misled by a clock that is ahead", NOW + 600, 95],
    ["waits for nobody long after", NOW - 95, 0],
  ] as const)
    it(title, async () => {
      const done = await cluster().work({ tasks: ["mounted-elsewhere"], visited: ["cp1"], since });
      assert.deepEqual([done.why, done.seconds], ["", seconds]);
      assert.equal(done.said.includes(" s for kubelets of nodes that are not listed (far)"), seconds > 0);
    });

  it("waits for nobody where all are visited", async () => {
    const done = await cluster().work({ tasks: ["mounted-elsewhere"], visited: ["cp1", "far", "gone"], since: NOW });
    assert.equal(done.seconds, 0);
  });
});
