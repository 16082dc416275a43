import assert from "node:assert/strict";
import { FakeCluster, NOW } from "../fakeKube";
import { BEFORE, AFTER, pod, replicaSets, withPods, WORKLOADS } from "./pods";

const scan = { tasks: ["pods"], since: NOW } as const;

describe("task pods", () => {
  it("names what began too early, by its workload", async () => {
    const done = await withPods().work(scan);
    assert.deepEqual(done.found, [...WORKLOADS, "Pod app/lone", "ReplicaSet app/bare-1"].sort());
    assert.match(done.why, /Deployment app\/web, .*StatefulSet other\/db: began before the new CA was trusted/);
  });

  it("leaves out what reads its CA anew, only in its namespace", async () => {
    const reload = [
      { kind: "Deployment", namespace: "app", name: "web" },
      { kind: "StatefulSet", namespace: "app", name: "db" },
    ] as const;
    const { found } = await withPods().work({ ...scan, reload });
    assert.ok(!found.includes("Deployment app/web"));
    assert.ok(found.includes("StatefulSet other/db"));
  });

  for (const [title, one, found] of [
    ["one that began in that very second", { began: ["2026-11-24T08:48:40Z"] }, true],
    ["one with a container of before beside one of after", { began: [AFTER, BEFORE] }, true],
    ["one with a sidecar of before", { sidecar: BEFORE }, true],
    ["one whose containers began later", { began: [AFTER] }, false],
    ["one that mounts no CA", { mounts: "other" }, false],
    ["one that mounts it as a volume of its own", { mounts: "configMap" }, true],
    ["one that has ended", { phase: "Succeeded" }, false],
    ["one that the kubelet runs from a file", { mirror: true }, false],
    ["one whose containers do not run", { began: [] }, false],
  ] as const)
    it(`${found ? "names" : "leaves out"} ${title}`, async () => {
      const cluster = new FakeCluster().put("pods", pod("app", "it", one));
      assert.deepEqual((await cluster.work(scan)).found, found ? ["Pod app/it"] : []);
    });

  it("counts from the last writing of kube-root-ca.crt if nothing is told", async () => {
    const cluster = withPods().put("configmaps", {
      metadata: {
        name: "kube-root-ca.crt",
        namespace: "a",
        managedFields: [{ manager: "kcm", time: "2026-11-24T08:00:00Z" }],
      },
    });
    assert.deepEqual((await cluster.work({ tasks: ["pods"] })).found, []);
  });

  it("tells what a gate that is given up would have refused", async () => {
    const done = await withPods().work({ ...scan, force: ["scan"] });
    assert.equal(done.why, "");
    assert.equal(done.found.length, 7);
    assert.match(done.reported, /task pods done\ndone$/);
  });

  it("cuts a long list of names in the refusal, and reports them all", async () => {
    const cluster = new FakeCluster();
    for (let index = 10; index < 25; index++) cluster.put("pods", pod("app", `p${String(index)}`, {}));
    const done = await cluster.work(scan);
    assert.equal(done.found.length, 15);
    assert.match(done.why, /^Pod app\/p10, .*, Pod app\/p19 and 5 more: began before/);
  });

  it("keeps what a pod's owner is called in one line", async () => {
    // a mirror pod's or a tenant's owner reference may name anything
    const owner = { kind: "Deployment\nfound x", name: "a b`$(id)`" };
    const cluster = new FakeCluster().put("pods", pod("app", "it", { owner })).put("replicasets.apps", ...replicaSets);
    const done = await cluster.work(scan);
    assert.equal(done.reported.split("\n").length, 2, done.reported);
  });
});
