import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { authority, leaf, type Pair } from "../../../node/pki";
import { FakeCluster } from "../fakeKube";

describe("task secrets", () => {
  const [old, oldEtcd, stays, other] = [authority(), authority(), authority(), authority()];
  const newEtcd = authority();
  const ETCD = [{ authority: "etcd", ca: newEtcd.cert, old: oldEtcd.cert }] as const;
  const run = async (certificate: string, namespace = "kube-system", changes = {}) => {
    const cluster = new FakeCluster(Date.now());
    cluster.held = [{ namespace, name: "it", key: "tls.crt", pem: certificate }];
    return cluster.work({ tasks: ["secrets"], ca: stays.cert, old: old.cert, others: ETCD, ...changes });
  };
  const of = (ca: Pair, days?: number): string => leaf(ca, "it", days === undefined ? {} : { days }).cert;

  for (const [title, ca] of [
    ["the old CA of the cluster", old],
    ["the old CA of etcd", oldEtcd],
  ] as const)
    it(`names a Secret of kube-system with a certificate of ${title}`, async () => {
      const done = await run(of(ca));
      assert.deepEqual(done.found, ["Secret kube-system/it"]);
      assert.match(
        done.why,
        /^Secret kube-system\/it: has a certificate in tls\.crt that an old CA signed: issue a new one/,
      );
    });

  it("names one of an old CA of etcd where that is all that is rotated, though only the node knows it", async () => {
    const cluster = new FakeCluster(Date.now());
    cluster.held = [{ namespace: "kube-system", name: "it", key: "tls.crt", pem: of(oldEtcd) }];
    cluster.known["etcd"] = newEtcd.cert + oldEtcd.cert;
    const others = [{ authority: "etcd", ca: newEtcd.cert, old: "" }] as const;
    assert.deepEqual((await cluster.work({ tasks: ["secrets"], others })).found, ["Secret kube-system/it"]);
  });

  it("does not take one of the cluster's CA that stays for one of etcd's", async () => {
    assert.deepEqual((await run(of(stays), "kube-system", { others: ETCD })).found, []);
  });

  it("tells of one in another namespace, which stops nothing", async () => {
    const done = await run(of(old), "shop");
    assert.deepEqual([done.why, done.found], ["", ["Secret shop/it"]]);
    assert.match(done.said, /^Secret shop\/it: has a certificate .*; this stops nothing$/);
  });

  for (const [title, certificate] of [
    ["of the CA that stays", of(stays)],
    ["of another cluster's CA", of(other)],
    ["that has ended", of(old, -1)],
    ["that is a CA itself", old.cert],
    ["that is none", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"],
  ] as const)
    it(`passes by a certificate ${title}`, async () => {
      const done = await run(certificate);
      assert.deepEqual([done.found, done.why], [[], ""]);
    });

  it("passes by what a CA of the same key that stays has signed as well", async () => {
    assert.deepEqual((await run(of(old), "kube-system", { ca: stays.cert + old.cert })).found, []);
  });

  it("counts one for ended in the second in which it ends", async () => {
    const certificate = of(old);
    const end = Date.parse(new X509Certificate(certificate).validTo);
    for (const [now, found] of [
      [end, 0],
      [end - 1000, 1],
    ] as const) {
      const cluster = new FakeCluster(now);
      cluster.held = [{ namespace: "kube-system", name: "it", key: "tls.crt", pem: certificate }];
      assert.equal((await cluster.work({ tasks: ["secrets"], ca: stays.cert, old: old.cert })).found.length, found);
    }
  });

  it("looks at the first of several certificates, which is the leaf", async () => {
    assert.equal((await run(of(old) + old.cert)).found.length, 1);
    assert.equal((await run(of(stays) + of(old))).found.length, 0);
  });

  it("asks for nothing where no old CA is known, and lets all through where the gate is given up", async () => {
    assert.deepEqual((await run(of(old), "kube-system", { old: "", others: undefined })).found, []);
    assert.equal((await run(of(old), "kube-system", { force: ["scan"] })).why, "");
  });
});
