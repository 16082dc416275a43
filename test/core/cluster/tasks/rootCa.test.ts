import assert from "node:assert/strict";
import { FakeCluster, NEW, NOW, OLD, OTHER } from "../fakeKube";

const NAME = "kube-root-ca.crt";
const namespace = (name: string, phase = "Active") => ({ metadata: { name }, status: { phase } });
const WRITTEN = "2026-11-24T08:40:01Z";
const WRITTEN_S = NOW - 519;
const published = (where: string, text: string, time = WRITTEN) => ({
  metadata: {
    name: NAME,
    namespace: where,
    managedFields: [
      { manager: "kube-controller-manager", time },
      { manager: "kube-pki", time: "2026-11-24T08:48:39Z" },
      { manager: "no-time" },
    ],
  },
  data: { "ca.crt": text },
});

describe("task root-ca", () => {
  let cluster: FakeCluster;
  const run = () => cluster.work({ tasks: ["root-ca"], ca: NEW });
  beforeEach(() => {
    cluster = new FakeCluster().put(
      "namespaces",
      namespace("kube-system"),
      namespace("b"),
      namespace("gone", "Terminating"),
    );
  });

  it("waits for every namespace that is not about to go, and tells when the last was written by others than us", async () => {
    cluster.put("configmaps", published("kube-system", OLD + NEW), published("b", OLD), published("gone", OLD));
    cluster.later(20, () =>
      cluster.put("configmaps", published("b", OLD.replace(/\n/g, "\r\n") + NEW.replace(/\n/g, "\r\n"))),
    );
    const done = await run();
    assert.deepEqual([done.why, done.seconds], ["", 20]);
    assert.equal(done.reported, `since ${String(WRITTEN_S)}\ntask root-ca done\ndone`);
    assert.match(done.said, /^waiting for the new CA in kube-root-ca\.crt of every namespace \(up to 180 s\)$/);
  });

  it("names the namespaces that do not get it, also where nothing is published", async () => {
    cluster.put("namespaces", namespace("c")).put("configmaps", published("kube-system", NEW), published("b", OTHER));
    const done = await run();
    assert.match(
      done.why,
      /^kube-root-ca\.crt lacks the new CA after 180 s in b c: check that kube-controller-manager runs/,
    );
    assert.match(done.said, /still waiting for the new CA in kube-root-ca\.crt of every namespace \(30 s\)/);
    assert.deepEqual(cluster.changes, []);
  });

  it("writes that moment down, and tells the same when what is published is written again", async () => {
    cluster.put("configmaps", published("kube-system", NEW), published("b", NEW));
    await run();
    assert.deepEqual(cluster.changes, [`patch configmaps kube-system/${NAME}`]);
    const held = (cluster.find("configmaps", NAME) as { metadata: object }).metadata;
    const again = published("kube-system", NEW + OLD, "2026-11-24T08:48:00Z");
    cluster.put("configmaps", {
      ...again,
      metadata: { ...again.metadata, ...held, managedFields: again.metadata.managedFields },
    });
    cluster.put("namespaces", namespace("late")).put("configmaps", published("late", NEW, "2026-11-24T08:48:30Z"));
    assert.match((await run()).reported, new RegExp(`^since ${String(WRITTEN_S)}\n`));
    assert.equal(cluster.changes.length, 1);
  });

  it("keeps no record of another CA, and none of before the new CA was taken away", async () => {
    const recorded = (text: string, digest: string) => {
      const each = published("kube-system", text);
      return { ...each, metadata: { ...each.metadata, annotations: { "kube-pki/since": `${digest}-1795500000` } } };
    };
    cluster.put("configmaps", recorded(NEW, "01234567"), published("b", NEW));
    assert.match((await run()).reported, new RegExp(`^since ${String(WRITTEN_S)}\n`));
    const { metadata } = cluster.find("configmaps", NAME) as { metadata: { annotations: Record<string, string> } };
    const [digest = ""] = metadata.annotations["kube-pki/since"]?.split("-") ?? [];
    cluster.put("configmaps", recorded(NEW, digest));
    assert.match((await run()).reported, /^since 1795500000\n/);
    cluster.put("configmaps", published("b", OLD));
    cluster.later(2, () => cluster.put("configmaps", published("b", NEW)));
    assert.match((await run()).reported, new RegExp(`^since ${String(WRITTEN_S)}\n`));
  });

  it("takes the present where nobody says when it was written", async () => {
    for (const name of ["kube-system", "b"])
      cluster.put("configmaps", { metadata: { name: NAME, namespace: name }, data: { "ca.crt": NEW } });
    assert.match((await run()).reported, new RegExp(`^since ${String(NOW)}\n`));
  });
});

describe("task root-ca-seen", () => {
  const run = (cluster: FakeCluster) => cluster.work({ tasks: ["root-ca-seen", "tokens"], ca: NEW, tokenKid: "kid" });
  const begin = () =>
    new FakeCluster().put("namespaces", namespace("a"), namespace("b"), namespace("gone", "Terminating"));

  it("names each namespace that lacks the new CA, without waiting for it", async () => {
    const done = await run(begin().put("configmaps", published("a", NEW), published("gone", OLD)));
    assert.deepEqual(done.found, [`ConfigMap b/${NAME}`]);
    assert.match(done.why, /lacks the new CA: check that kube-controller-manager runs .*force: \[scan\]/);
    assert.match(done.reported, /task root-ca-seen blocked\ntask tokens skipped$/);
    assert.equal(done.seconds, 2);
  });

  it("asks again for a namespace that was just made", async () => {
    const cluster = begin().put("configmaps", published("a", NEW));
    cluster.later(1, () => cluster.put("configmaps", published("b", NEW)));
    assert.equal((await run(cluster)).why, "");
  });

  it("is content when all have it", async () => {
    const cluster = begin().put("configmaps", published("a", OLD + NEW), published("b", NEW));
    const done = await run(cluster);
    assert.deepEqual([done.why, done.seconds], ["", 0]);
  });
});
