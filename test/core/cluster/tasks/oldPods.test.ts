import assert from "node:assert/strict";
import { FakeCluster, NEW, NOW, OLD, OTHER } from "../fakeKube";
import { BEFORE, AFTER, pod, replicaSets, withPods, WORKLOADS } from "./pods";

const scan = { tasks: ["pods"], ca: NEW, since: NOW } as const;

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
    assert.deepEqual((await cluster.work({ tasks: ["pods"], ca: NEW })).found, []);
  });

  describe("with ClusterTrustBundles", () => {
    const SIGNER = "kubernetes.io/kube-apiserver-serving";
    const bundle = (name: string, trustBundle: string, changes: { signerName?: string; time?: string } = {}) => ({
      metadata: {
        name,
        labels: { of: "us" },
        managedFields: [{ manager: "somebody", time: changes.time ?? "2026-11-24T08:48:40Z" }],
      },
      spec: { trustBundle, ...(changes.signerName === undefined ? {} : { signerName: changes.signerName }) },
    });
    const projecting = (clusterTrustBundle: object, began = BEFORE) => ({
      ...pod("app", "it", { mounts: "other", began: [began] }),
      spec: { volumes: [{ projected: { sources: [{ serviceAccountToken: {} }, { clusterTrustBundle }] } }] },
    });
    const found = async (one: object, bundles: readonly object[], job: object = scan) =>
      (
        await new FakeCluster()
          .put("pods", one)
          .put("clustertrustbundles.certificates.k8s.io", ...bundles)
          .work(job as typeof scan)
      ).found;

    for (const [title, by, bundles, names] of [
      ["one that holds the new CA", { name: "ours" }, [bundle("ours", OLD + NEW)], true],
      ["another one", { name: "theirs" }, [bundle("ours", NEW), bundle("theirs", OTHER)], false],
      ["one that is not there", { name: "gone" }, [bundle("ours", NEW)], false],
      [
        "those of a signer",
        { signerName: SIGNER, labelSelector: { matchLabels: { of: "us" } } },
        [bundle("a:b", NEW, { signerName: SIGNER })],
        true,
      ],
      [
        "those of a signer with other labels",
        { signerName: SIGNER, labelSelector: { matchLabels: { of: "them" } } },
        [bundle("a:b", NEW, { signerName: SIGNER })],
        false,
      ],
      [
        "those of another signer",
        { signerName: "example.com/other", labelSelector: {} },
        [bundle("a:b", NEW, { signerName: SIGNER })],
        false,
      ],
    ] as const)
      it(`${names ? "names" : "leaves out"} a pod of before that projects ${title}`, async () => {
        assert.deepEqual(await found(projecting(by), bundles), names ? ["Pod app/it"] : []);
        assert.deepEqual(await found(projecting(by, AFTER), bundles), []);
      });

    it("counts from the last writing of the bundle, of the controller manager's own from that of the root CA", async () => {
      const time = "2026-11-24T09:00:00Z";
      assert.deepEqual(await found(projecting({ name: "ours" }, AFTER), [bundle("ours", NEW, { time })]), [
        "Pod app/it",
      ]);
      const own = projecting({ signerName: SIGNER, labelSelector: {} }, AFTER);
      assert.deepEqual(await found(own, [bundle("a:b", NEW, { time, signerName: SIGNER })]), []);
    });

    it("looks at them alone where the cluster's CA stays", async () => {
      const others = [{ authority: "etcd", ca: NEW, old: OLD }];
      const job = { tasks: ["pods"], others };
      assert.deepEqual(await found(projecting({ name: "ours" }), [bundle("ours", OLD + NEW)], job), ["Pod app/it"]);
      assert.deepEqual(await found(pod("app", "it", {}), [bundle("ours", OLD + NEW)], job), []);
    });
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
