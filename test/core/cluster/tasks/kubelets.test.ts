import assert from "node:assert/strict";
import { FakeCluster } from "../fakeKube";

const node = (name: string, ready = "True") => ({
  metadata: { name },
  status: {
    conditions: [
      { type: "DiskPressure", status: "False" },
      { type: "Ready", status: ready },
    ],
  },
});

describe("task kubelets", () => {
  const job = { tasks: ["kubelets"] } as const;
  const cluster = (): FakeCluster => new FakeCluster().put("nodes", node("cp1"), node("w1"), node("w2", "Unknown"));

  it("is content where API servers get through to all that are ready", async () => {
    const one = cluster();
    one.says["w2"] = "Error from server: x509: certificate has expired";
    const done = await one.work(job);
    assert.deepEqual([done.found, done.why, done.seconds], [[], "", 0]);
    assert.equal((await new FakeCluster().work(job)).why, "");
  });

  for (const says of [
    "Error from server (ServiceUnavailable): error trying to reach service: tls: failed to verify certificate: x509: certificate signed by unknown authority",
    "error: You must be logged in to the server (Unauthorized)",
    "Error from server (Forbidden): Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource=proxy)",
  ])
    it(`names a node where one does not take the other's certificate: ${says.slice(-40)}`, async () => {
      const one = cluster();
      one.says["w1"] = says;
      const done = await one.work(job);
      assert.deepEqual(done.found, ["Node w1"]);
      assert.ok(done.seconds >= 330);
      assert.ok(
        done.why.startsWith(`Node w1: is not reached by the API server (${says}): let its kubelet trust`),
        done.why,
      );
    });

  it("waits for an API server that has not read its certificate again", async () => {
    const one = cluster();
    one.says["w1"] = "error: You must be logged in to the server (Unauthorized)";
    one.later(200, () => (one.says = {}));
    const done = await one.work(job);
    assert.deepEqual([done.why, done.found], ["", []]);
    assert.ok(done.seconds >= 200 && done.seconds < 210);
  });

  it("only tells of one that does not answer for another reason", async () => {
    const one = cluster();
    one.says["w1"] = "Error from server: dial tcp 10.0.0.21:10250: connect: connection refused";
    const done = await one.work(job);
    assert.deepEqual([done.why, done.seconds], ["", 0]);
    assert.match(done.said, /^Node w1: does not answer the API server \(.* refused\), so .*; this stops nothing$/);
  });

  it("neither waits nor refuses where the gate is given up", async () => {
    const one = cluster();
    one.says["w1"] = "x509: unknown";
    const done = await one.work({ ...job, force: ["scan"] });
    assert.deepEqual([done.why, done.seconds, done.found], ["", 0, ["Node w1"]]);
  });
});
