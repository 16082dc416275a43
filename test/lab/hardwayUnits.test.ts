import assert from "node:assert/strict";
import { unitFiles, unitsOn } from "./hardwayUnits";
import { topology } from "./topology";

const { nodes } = topology("hardway");
const node = (name: string) => nodes.find((each) => each.name === name)!;

describe("hardway units", () => {
  it("start in this order, each where its role is", () => {
    assert.deepEqual(unitsOn(node("etcd2")), ["etcd"]);
    assert.deepEqual(unitsOn(node("cp1")), ["kube-apiserver", "kube-controller-manager", "kube-scheduler"]);
    assert.deepEqual(unitsOn(node("w1")), ["kubelet", "kube-proxy"]);
  });

  it("name every member of etcd as the first cluster and as the API server's servers", () => {
    const etcd = unitFiles(node("etcd2"), nodes)["/etc/systemd/system/etcd.service"] ?? "";
    const api = unitFiles(node("cp2"), nodes)["/etc/systemd/system/kube-apiserver.service"] ?? "";
    for (const host of ["11", "12", "13"]) {
      assert.match(etcd, new RegExp(`=https://10\\.77\\.0\\.${host}:2380`));
      assert.match(api, new RegExp(`https://10\\.77\\.0\\.${host}:2379`));
    }
    assert.match(etcd, /--name=etcd2 /);
    assert.match(etcd, /--client-cert-auth \\\n/);
  });

  it("give the kubelet a serving certificate and no way in without one", () => {
    const config = unitFiles(node("w1"), nodes)["/var/lib/kubelet/kubelet-config.yaml"] ?? "";
    assert.match(config, /anonymous:\n {4}enabled: false/);
    assert.match(config, /mode: Webhook/);
    assert.match(config, /tlsCertFile: \/var\/lib\/kubelet\/kubelet.crt/);
    assert.match(config, /rotateCertificates: false/);
  });
});
