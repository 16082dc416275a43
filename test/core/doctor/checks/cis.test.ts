import assert from "node:assert/strict";
import { diagnose } from "../../../../core/doctor/diagnose";
import type { Survey } from "../../../../core/survey/model";
import { file, healthy, makeAuthorities, PKI, type Authorities } from "../healthy";
import { NOW } from "../pki";
import { World, type Node } from "../world";

const PROXY = "/var/lib/kube-proxy/kubeconfig";

/** Items of the CIS Kubernetes Benchmark 1.12: of the mode, of the owner, and a mode that is too much. */
const ITEMS: readonly [node: Node, path: string, mode: string, owner: string, tooMuch: string][] = [
  ["cp1", "/etc/kubernetes/manifests/kube-apiserver.yaml", "1.1.1", "1.1.2", "0640"],
  ["cp1", "/etc/kubernetes/manifests/kube-controller-manager.yaml", "1.1.3", "1.1.4", "0640"],
  ["cp1", "/etc/kubernetes/manifests/kube-scheduler.yaml", "1.1.5", "1.1.6", "0640"],
  ["cp1", "/etc/kubernetes/manifests/etcd.yaml", "1.1.7", "1.1.8", "0640"],
  ["cp1", "/var/lib/etcd", "1.1.11", "1.1.12", "0750"],
  ["cp1", "/etc/kubernetes/admin.conf", "1.1.13", "1.1.14", "0640"],
  ["cp1", "/etc/kubernetes/super-admin.conf", "1.1.13", "1.1.14", "0640"],
  ["cp1", "/etc/kubernetes/scheduler.conf", "1.1.15", "1.1.16", "0640"],
  ["cp1", "/etc/kubernetes/controller-manager.conf", "1.1.17", "1.1.18", "0640"],
  ["cp1", `${PKI}/apiserver.crt`, "1.1.20", "1.1.19", "0755"],
  ["cp1", `${PKI}/apiserver.key`, "1.1.21", "1.1.19", "0640"],
  ["w1", "/usr/lib/systemd/system/kubelet.service", "4.1.1", "4.1.2", "0644"],
  ["w1", PROXY, "4.1.3", "4.1.4", "0640"],
  ["w1", "/etc/kubernetes/kubelet.conf", "4.1.5", "4.1.6", "0644"],
  ["w1", `${PKI}/ca.crt`, "4.1.7", "4.1.8", "0755"],
  ["w1", "/var/lib/kubelet/config.yaml", "4.1.9", "4.1.10", "0644"],
];

describe("the CIS benchmark", () => {
  let ca: Authorities;
  let surveys: readonly Survey[];
  before(async () => {
    ca = await makeAuthorities();
    surveys = await healthy(ca);
  });

  /** What is found where one file is another way. */
  const found = (node: Node, path: string, changes: object) => {
    const world = new World(surveys, ca);
    const uses = [
      { component: "kube-proxy", option: "kubeconfig", input: "kube-proxy/kubeconfig", secret: true },
    ] as const;
    world.node("w1").files.push(file(PROXY, { uses }) as never);
    Object.assign(world.file(node, path), changes);
    return diagnose(world.surveys, NOW).map(({ check, urgency, subject, source }) => [check, urgency, subject, source]);
  };

  for (const [node, path, mode, owner, tooMuch] of ITEMS) {
    it(`has an item for the mode of ${path}, and for its owner`, () => {
      assert.deepEqual(found(node, path, { mode: tooMuch }), [["file-mode", "notice", path, `CIS ${mode}`]]);
      assert.deepEqual(found(node, path, { mode: "0400" }), []);
      assert.deepEqual(found(node, path, { owner: "ann", uid: 1000 }), [
        ["file-owner", "notice", path, `CIS ${owner}`],
      ]);
    });
  }
});
