import assert from "node:assert/strict";
import { parse } from "yaml";
import type { RotationFlag } from "../../../../core/protocol/rotationFlags";
import { SIGNING_FLAGS as SIGNING } from "../../rotationFlags";
import { withFlags } from "../../../../core/cluster/tasks/kubeadmConfig";
import { FakeCluster } from "../fakeKube";

const DELAY: RotationFlag = {
  component: "kube-apiserver",
  name: "shutdown-delay-duration",
  value: "3s",
  isAdded: true,
};

const SIGNED = SIGNING.map(({ name, value }) => ({ name, value }));

const LISTED = `apiServer: {}
apiVersion: kubeadm.k8s.io/v1beta4
# ours
controllerManager:
  extraArgs:
  - name: allocate-node-cidrs
    value: "false"
kind: ClusterConfiguration
`;

describe("kubeadm's configuration", () => {
  const done = (text: string, flags: readonly RotationFlag[]): unknown => parse(withFlags(text, flags) ?? text);

  it("gets the options of a rotation beside its own, and all else stays", () => {
    assert.deepEqual(done(LISTED, [...SIGNING, DELAY]), {
      apiServer: { extraArgs: [{ name: DELAY.name, value: "3s" }] },
      apiVersion: "kubeadm.k8s.io/v1beta4",
      controllerManager: { extraArgs: [{ name: "allocate-node-cidrs", value: "false" }, ...SIGNED] },
      kind: "ClusterConfiguration",
    });
    assert.match(withFlags(LISTED, SIGNING) ?? "", /# ours/);
  });

  it("has them in a map up to v1beta3", () => {
    const text = "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\n";
    assert.deepEqual(done(text, SIGNING), {
      apiVersion: "kubeadm.k8s.io/v1beta3",
      kind: "ClusterConfiguration",
      controllerManager: { extraArgs: Object.fromEntries(SIGNING.map(({ name, value }) => [name, value])) },
    });
    const held = `${text}controllerManager: {extraArgs: {cluster-signing-key-file: /x, v: "2"}}\n`;
    assert.deepEqual(
      (done(held, SIGNING) as { controllerManager: { extraArgs: object } }).controllerManager.extraArgs,
      {
        "cluster-signing-key-file": "/etc/kubernetes/pki/ca-signing.key",
        v: "2",
        "cluster-signing-cert-file": "/etc/kubernetes/pki/ca-signing.crt",
      },
    );
  });

  it("loses another value, the last of several, as on the nodes", () => {
    const args = (options: string) => `apiVersion: kubeadm.k8s.io/v1beta4\n${options}`;
    const twice = args(
      "controllerManager:\n  extraArgs:\n  - {name: cluster-signing-cert-file, value: /a}\n  - {name: cluster-signing-cert-file, value: /b}\n",
    );
    assert.deepEqual(
      (done(twice, SIGNING.slice(0, 1)) as { controllerManager: { extraArgs: object } }).controllerManager.extraArgs,
      [{ name: "cluster-signing-cert-file", value: "/a" }, SIGNED[0]],
    );
  });

  it("is not written where it has them, nor where there is none", async () => {
    const cluster = new FakeCluster();
    const run = () => cluster.work({ tasks: ["kubeadm-config"], flags: SIGNING });
    assert.equal((await run()).why, "");
    cluster.put("configmaps", {
      metadata: { name: "kubeadm-config", namespace: "kube-system" },
      data: { ClusterConfiguration: LISTED },
    });
    assert.match((await run()).said, /kubeadm-config in kube-system has the options of the rotation/);
    assert.equal(cluster.changes.length, 1);
    assert.equal((await run()).said, "");
    assert.equal(cluster.changes.length, 1);
  });

  it("is refused where it is no YAML", async () => {
    const cluster = new FakeCluster();
    for (const text of ["a: [\n", "words"]) {
      cluster.put("configmaps", {
        metadata: { name: "kubeadm-config", namespace: "kube-system" },
        data: { ClusterConfiguration: text },
      });
      assert.match(
        (await cluster.work({ tasks: ["kubeadm-config"], flags: SIGNING })).why,
        /^ClusterConfiguration of kubeadm-config in kube-system is not YAML \(.*\): correct it with `kubectl edit/,
      );
    }
    assert.deepEqual(cluster.changes, []);
  });
});
