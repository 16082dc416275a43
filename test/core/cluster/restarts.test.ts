import assert from "node:assert/strict";
import { restarted, restartNameSuffix, trustedAnnotation } from "../../../core/cluster/restarts";
import { NEW, OLD } from "./fakeKube";
import { configWith } from "../fixture";

const workload = (kind: string, namespace: string, name: string) => ({ kind, namespace, name });
const names = (restart: unknown, changes: Readonly<Record<string, unknown>> = { rotation: { generation: 2 } }) =>
  restarted(configWith({ inCluster: { restart }, ...changes })).map(({ name }) => name);

describe("restarted workloads", () => {
  const listed = [
    workload("StatefulSet", "shop", "ledger"),
    workload("Deployment", "kube-system", "coredns"),
    workload("DaemonSet", "kube-system", "kube-proxy"),
    workload("Deployment", "shop", "kube-proxy"),
    workload("DaemonSet", "kube-flannel", "kube-flannel-ds"),
    workload("Deployment", "shop", "basket"),
  ];

  it("go in the order in which the rest of the cluster needs them, and then as listed", () => {
    assert.deepEqual(names(listed), ["kube-flannel-ds", "kube-proxy", "coredns", "ledger", "kube-proxy", "basket"]);
  });

  it("are none without a rotation of kubernetes, and none here when a node does all of them", () => {
    assert.deepEqual(names(listed, {}), []);
    assert.deepEqual(names(listed, { rotation: { frontProxy: { generation: 2 } } }), []);
    assert.deepEqual(names("all"), []);
    assert.deepEqual(
      restarted(configWith({ rotation: { generation: 2 }, inCluster: { enabled: false, restart: listed } })),
      [],
    );
  });

  it("have names that no other has", () => {
    const one = restartNameSuffix({ kind: "Deployment", namespace: "a-b", name: "c" });
    assert.notEqual(one, restartNameSuffix({ kind: "Deployment", namespace: "a", name: "b-c" }));
    assert.equal(one, "restart-deployment-a-b.c");
  });

  it("carry another annotation for another CA only", () => {
    assert.deepEqual(trustedAnnotation(NEW.replace(/\n/g, "\r\n")), trustedAnnotation(NEW));
    assert.notDeepEqual(trustedAnnotation(NEW), trustedAnnotation(OLD));
    assert.match(trustedAnnotation(NEW)["kube-pki/trusted"] ?? "", /^[0-9a-f]{8}$/);
  });
});
