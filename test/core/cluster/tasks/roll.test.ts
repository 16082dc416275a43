import assert from "node:assert/strict";
import { WORKLOADS as RESOURCES } from "../../../../core/model/clusterObjects";
import type { Workload } from "../../../../core/schema/config";
import { FakeCluster, NEW, NOW } from "../fakeKube";
import { pod, withPods, WORKLOADS } from "./pods";

const parsed = WORKLOADS.map((text): Workload => {
  const [, kind = "", namespace = "", name = ""] = /^(\w+) ([^/]+)\/(.+)$/.exec(text) ?? [];
  return { kind: kind as Workload["kind"], namespace, name };
});

/** As a controller leaves it that has nothing to do. */
const DONE: Readonly<Record<Workload["kind"], object>> = {
  Deployment: { replicas: 1, updatedReplicas: 1, availableReplicas: 1 },
  DaemonSet: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
  StatefulSet: { readyReplicas: 1, updateRevision: "a", currentRevision: "a" },
};

const object = ({ kind, namespace, name }: Workload, spec: object = {}, status: object = {}) => ({
  metadata: { namespace, name, generation: 2 },
  spec: { selector: { matchLabels: { app: name } }, template: {}, ...spec },
  status: { observedGeneration: 2, ...DONE[kind], ...status },
});

/** All of them there, each rolled at once. */
const ready = (): FakeCluster => {
  const cluster = withPods();
  for (const each of parsed) cluster.put(RESOURCES[each.kind], object(each));
  return cluster;
};
const [flannel, , , web, db] = parsed as [Workload, Workload, Workload, Workload, Workload];

const patches = ({ changes }: FakeCluster) => changes.map((change) => change.split("/").at(-1));
const job = { tasks: ["restart-all"], ca: NEW, since: NOW } as const;

describe("task restart-all", () => {
  it("rolls all of them: network, services, names, then the rest", async () => {
    const cluster = ready();
    const done = await cluster.work(job);
    assert.equal(done.why, "");
    assert.deepEqual(patches(cluster), ["kube-flannel-ds", "kube-proxy", "coredns", "web", "db"]);
    assert.match(
      JSON.stringify(cluster.bodies[0]),
      /^\{"spec":\{"template":\{"metadata":\{"annotations":\{"kube-pki\/trusted":"[0-9a-f]{8}-1795510120"\}\}\}\}\}$/,
    );
    assert.match(done.said, /Pod app\/lone cannot be rolled: restart it yourself/);
  });

  it("rolls no workload twice for one trust, and once more after a rotation that was given up", async () => {
    const cluster = ready();
    await cluster.work(job);
    const count = cluster.changes.length;
    assert.equal((await cluster.work(job)).why, "");
    assert.equal(cluster.changes.length, count);
    await cluster.work({ ...job, since: NOW + 1 });
    assert.equal(cluster.changes.length, 2 * count);
  });

  it("begins no other of the first before one is done, and ends with the one whose restart does not end", async () => {
    const cluster = ready().put("daemonsets.apps", object(flannel, {}, { numberAvailable: 1 }));
    const done = await cluster.work(job);
    assert.match(
      done.why,
      /^DaemonSet net\/kube-flannel-ds was not restarted within 600 s: 1 of 2 updated pods are available; look at its pods/,
    );
    assert.deepEqual(patches(cluster), ["kube-flannel-ds"]);
    const again = await cluster.work(job);
    assert.match(again.why, /^DaemonSet net\/kube-flannel-ds was not restarted/, "one that was begun is waited for");
    assert.deepEqual(patches(cluster), ["kube-flannel-ds"]);
  });

  it("rolls the rest by five", async () => {
    const cluster = ready();
    const many = Array.from({ length: 12 }, (_, index): Workload => ({ ...web, name: `w${String(index)}` }));
    for (const each of many) {
      cluster.put("deployments.apps", object(each, {}, { availableReplicas: 0 }));
      cluster.put("pods", {
        metadata: { ...each, ownerReferences: [{ kind: "Deployment", name: each.name, controller: true }] },
        spec: { volumes: [{ configMap: { name: "kube-root-ca.crt" } }] },
        status: {
          phase: "Running",
          containerStatuses: [{ state: { running: { startedAt: "2026-01-01T00:00:00Z" } } }],
        },
      });
    }
    await cluster.work(job);
    assert.equal(cluster.changes.length, 3 + 5);
  });

  it("names what nothing rolls, and rolls the others", async () => {
    const cluster = ready()
      .put("daemonsets.apps", object(flannel, { updateStrategy: { type: "OnDelete" } }))
      .put("deployments.apps", object(web, { paused: true }));
    const done = await cluster.work(job);
    assert.deepEqual(done.found, ["DaemonSet net/kube-flannel-ds", "Deployment app/web"]);
    assert.deepEqual(patches(cluster), ["kube-proxy", "coredns", "db"]);
  });

  it("rolls none whose budget is used up, and the others", async () => {
    const cluster = ready().put(
      "poddisruptionbudgets.policy",
      budget("tight", { matchLabels: { app: "db" } }, 0, "other"),
    );
    const done = await cluster.work(job);
    assert.deepEqual(done.found, ["PodDisruptionBudget other/tight"]);
    assert.deepEqual(patches(cluster), ["kube-flannel-ds", "kube-proxy", "coredns", "web"]);
  });
});

const budget = (name: string, selector: object, disruptionsAllowed: number, namespace = "app") => ({
  metadata: { name, namespace },
  spec: { selector },
  status: { disruptionsAllowed },
});

describe("task may-restart", () => {
  const ask = (cluster: FakeCluster, toRoll: readonly Workload[], force: readonly "scan"[] = []) =>
    cluster.work({ tasks: ["may-restart"], ca: NEW, toRoll, force });

  it("changes nothing, and says all that keeps one from it", async () => {
    const cluster = ready()
      .put("daemonsets.apps", object(flannel, { updateStrategy: { type: "OnDelete" } }))
      .put("deployments.apps", object(web, { paused: true }));
    const done = await ask(cluster, [db, flannel, web]);
    assert.deepEqual(done.found, ["DaemonSet net/kube-flannel-ds", "Deployment app/web"]);
    assert.equal((await ask(cluster, [db])).why, "");
    assert.deepEqual(cluster.changes, []);
  });

  it("names one that is not there", async () => {
    const done = await ask(ready(), [{ ...web, name: "nobody" }]);
    assert.match(
      done.why,
      /^Deployment app\/nobody is not in the cluster, but is listed under inCluster\.restart: remove it there/,
    );
  });

  it("asks nothing more of one that was rolled for this CA", async () => {
    const cluster = ready();
    await cluster.work(job);
    const [value = ""] = /[0-9a-f]{8}(?=-)/.exec(JSON.stringify(cluster.bodies[0])) ?? [];
    const template = { metadata: { annotations: { "kube-pki/trusted": value } } };
    cluster.put("deployments.apps", object(web, { paused: true, template }));
    assert.equal((await ask(cluster, [web])).why, "");
  });

  for (const [title, selector, finds] of [
    ["by a label", { matchLabels: { app: "web" } }, true],
    ["by an expression", { matchExpressions: [{ key: "tier", operator: "In", values: ["a", "b"] }] }, true],
    ["of all pods", {}, true],
    ["of other pods", { matchLabels: { app: "shop" } }, false],
  ] as const)
    it(`${finds ? "keeps" : "passes by"} a PodDisruptionBudget ${title} that is used up`, async () => {
      const cluster = ready().put("poddisruptionbudgets.policy", budget("roomy", {}, 1), budget("tight", selector, 0));
      const done = await ask(cluster, [web]);
      assert.deepEqual(done.found, finds ? ["PodDisruptionBudget app/tight"] : []);
      assert.equal(done.seconds, finds ? 60 : 0);
      const forced = await ask(cluster, [web], ["scan"]);
      assert.deepEqual([forced.why, forced.seconds], ["", 0]);
    });

  it("passes by the budget of pods of which none is ready: there is nothing to disrupt", async () => {
    // as those of a webhook whose Secret the run has just written
    const waiting = ["a", "b"].map((name) => pod("app", name, { labels: { app: "hook" }, ready: false }));
    const cluster = ready()
      .put("deployments.apps", object({ ...web, name: "hook" }, { selector: { matchLabels: { app: "hook" } } }))
      .put("pods", ...waiting)
      .put("poddisruptionbudgets.policy", budget("tight", { matchLabels: { app: "hook" } }, 0));
    const done = await ask(cluster, [{ ...web, name: "hook" }]);
    assert.deepEqual([done.found, done.seconds], [[], 0]);
    cluster.put("pods", pod("app", "c", { labels: { app: "hook" } }));
    assert.deepEqual((await ask(cluster, [{ ...web, name: "hook" }])).found, ["PodDisruptionBudget app/tight"]);
  });

  it("waits for room in a budget", async () => {
    const cluster = ready().put("poddisruptionbudgets.policy", budget("tight", {}, 0));
    cluster.later(10, () => cluster.put("poddisruptionbudgets.policy", budget("tight", {}, 1)));
    const done = await ask(cluster, [web]);
    assert.deepEqual([done.why, done.seconds], ["", 10]);
    assert.match(
      done.said,
      /waiting for room to restart Deployment app\/web in its PodDisruptionBudget \(up to 60 s\)/,
    );
  });
});
