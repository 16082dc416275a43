import assert from "node:assert/strict";
import { publishedStatus, type PublishedStatus } from "../../../../core/cluster/published";
import type { CertificateRow } from "../../../../core/report/report";
import { configWith } from "../../fixture";
import { FakeCluster } from "../fakeKube";

const row = (nextRenewal: string, notAfter: string): CertificateRow => ({
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "CN=kubernetes",
  serial: "1",
  notAfter,
  nextRenewal,
  keyLocation: "node",
  proof: "none",
});

const ROWS = [
  row("2026-12-02T00:00:00.000Z", "2027-02-01T00:00:00.000Z"),
  row("2026-12-05T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
];

describe("the status in the cluster", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
  });
  const run = (status: PublishedStatus) => cluster.work({ tasks: ["status"], status });
  const data = (): Readonly<Record<string, string>> =>
    (cluster.find("configmaps", "kube-pki") as { data: Record<string, string> }).data;

  it("says when something was renewed, what is next, and which generation and phase each CA has", async () => {
    const config = configWith({ rotation: { generation: 2, phase: "issue", etcd: { phase: "trust" } } });
    await run(publishedStatus(config, ROWS));
    const { lastRenewal, ...rest } = data();
    assert.match(lastRenewal ?? "", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    assert.deepEqual(rest, {
      nextRenewal: "2026-12-02T00:00:00.000Z",
      notAfter: "2027-01-01T00:00:00.000Z",
      kubernetes: "generation 2, issue",
      "kubernetes.since": lastRenewal,
      etcd: "generation 2, trust",
      "etcd.since": lastRenewal,
      frontProxy: "generation 2, issue",
      "frontProxy.since": lastRenewal,
      serviceAccount: "generation 2, issue",
      "serviceAccount.since": lastRenewal,
    });
  });

  it("keeps since when each of it has been so, and writes nothing that is there", async () => {
    const status = publishedStatus(configWith({ rotation: { generation: 2, phase: "trust" } }), ROWS);
    await run(status);
    const first = data();
    await cluster.sleep(60_000);
    await run(status);
    assert.deepEqual(data(), first);
    assert.equal(cluster.changes.length, 1);
    await run({ ...status, rotation: { ...status.rotation, etcd: { generation: 2, phase: "issue" } } });
    assert.equal(data()["kubernetes.since"], first["kubernetes.since"]);
    assert.notEqual(data()["etcd.since"], first["etcd.since"]);
    assert.equal(data()["lastRenewal"], first["lastRenewal"]);
    await cluster.sleep(60_000);
    await run({ ...status, nextRenewal: "2027-06-01T00:00:00.000Z" });
    assert.notEqual(data()["lastRenewal"], first["lastRenewal"]);
  });
});
