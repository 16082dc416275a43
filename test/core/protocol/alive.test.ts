import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { alivePayload } from "../../../core/protocol/alive";
import { configWith, hardwayConfig, NOW } from "../fixture";

const linesOf = (config: ReturnType<typeof configWith>, name: string): string[] => {
  const plan = planCluster(config, NOW).nodes.find(({ node }) => node.name === name);
  assert.ok(plan !== undefined);
  return alivePayload(plan, config, "0123456789abcdef").trimEnd().split("\n").slice(1);
};

describe("alive payload", () => {
  it("names each leaf once, CA files and all API servers", () => {
    const pki = "/etc/kubernetes/pki";
    assert.deepEqual(linesOf(configWith(), "cp2"), [
      "node cp2",
      "round 0123456789abcdef",
      `leaf etcd-server ${pki}/etcd/server.crt`,
      `leaf etcd-peer ${pki}/etcd/peer.crt`,
      `leaf etcd-healthcheck-client ${pki}/etcd/healthcheck-client.crt`,
      `leaf apiserver ${pki}/apiserver.crt`,
      `leaf apiserver-etcd-client ${pki}/apiserver-etcd-client.crt`,
      `leaf apiserver-kubelet-client ${pki}/apiserver-kubelet-client.crt`,
      `leaf front-proxy-client ${pki}/front-proxy-client.crt`,
      "leaf admin /etc/kubernetes/admin.conf",
      "leaf controller-manager /etc/kubernetes/controller-manager.conf",
      "leaf scheduler /etc/kubernetes/scheduler.conf",
      "leaf kubelet /var/lib/kubelet/pki/kubelet-client-current.pem",
      "leaf kubelet-server /var/lib/kubelet/pki/kubelet.crt",
      `authority ca:kubernetes ${pki}/ca.crt`,
      `authority ca:frontproxy ${pki}/front-proxy-ca.crt`,
      `authority ca:etcd ${pki}/etcd/ca.crt`,
      "api 10.0.0.11:6443",
      "api 10.0.0.12:6443",
      "api 10.0.0.13:6443",
    ]);
  });

  it("of an etcd member asks for its own, and the API servers of others", () => {
    assert.deepEqual(linesOf(hardwayConfig(), "e1"), [
      "node e1",
      "round 0123456789abcdef",
      "leaf etcd-server /etc/etcd/server.crt",
      "leaf etcd-peer /etc/etcd/peer.crt",
      "authority ca:etcd /etc/etcd/ca.crt",
      "api 10.0.0.11:6443",
      "api 10.0.0.12:6443",
    ]);
  });
});
