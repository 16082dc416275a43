import assert from "node:assert/strict";
import { FakeCluster, NEW, NOW } from "../fakeKube";
import { pod } from "./pods";

const since = NOW - 10;

describe("task sync-pods", () => {
  const job = { tasks: ["sync-pods"], ca: NEW, since } as const;
  const marksOf = ({ bodies }: FakeCluster) => bodies.map((body) => (body as { mark: string }).mark);

  it("tells the kubelets of running pods that mount the CA, and of no others", async () => {
    const cluster = new FakeCluster().put(
      "pods",
      pod("app", "web", {}),
      pod("app", "plain", { mounts: "other" }),
      pod("ops", "by-config-map", { mounts: "configMap" }),
      pod("ops", "ended", { phase: "Succeeded" }),
      pod("kube-system", "etcd-cp1", { mirror: true }),
    );
    assert.equal((await cluster.work(job)).why, "");
    assert.deepEqual(cluster.changes, ["sync app/web ops/by-config-map"]);
    assert.match(marksOf(cluster)[0] ?? "", new RegExp(`^[0-9a-f]{8}-${String(since)}$`));
  });

  it("changes nothing where all have been told", async () => {
    const cluster = new FakeCluster().put("pods", pod("app", "web", {}));
    await cluster.work(job);
    const [mark] = marksOf(cluster);
    const told = pod("app", "web", {});
    cluster.put("pods", { ...told, metadata: { ...told.metadata, annotations: { "kube-pki/synced": mark } } });
    await cluster.work(job);
    assert.equal(cluster.changes.length, 1);
    await cluster.work({ ...job, since: since + 1 });
    assert.equal(cluster.changes.length, 2, "published again");
  });

  it("leaves more of them than an API server takes in a moment to their kubelets", async () => {
    const pods = Array.from({ length: 501 }, (_, index) => pod("app", `web-${String(index)}`, {}));
    const cluster = new FakeCluster().put("pods", ...pods);
    assert.match((await cluster.work(job)).said, /^501 pods get the new CA from their kubelets within 90 s$/);
    assert.deepEqual(cluster.changes, []);
    const some = new FakeCluster().put("pods", ...pods.slice(1));
    await some.work(job);
    assert.equal(some.changes.length, 1);
  });
});
