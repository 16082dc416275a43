/** Pods and workloads for the tasks that look at them. */
import { FakeCluster } from "../fakeKube";

export const BEFORE = "2026-11-24T08:48:39Z";
export const AFTER = "2026-11-24T08:48:41Z";

interface Options {
  readonly began?: readonly string[];
  readonly sidecar?: string;
  readonly mounts?: "projected" | "configMap" | "other";
  readonly phase?: string;
  readonly ready?: boolean;
  readonly mirror?: boolean;
  readonly owner?: { readonly kind: string; readonly name: string };
  readonly labels?: Readonly<Record<string, string>>;
}

const ROOT_CA = { configMap: { name: "kube-root-ca.crt" } };
const VOLUMES = {
  projected: [{ emptyDir: {} }, { projected: { sources: [{ serviceAccountToken: {} }, ROOT_CA] } }],
  configMap: [ROOT_CA],
  other: [{ configMap: { name: "settings" } }, { projected: { sources: [{ serviceAccountToken: {} }] } }],
};

const running = (startedAt: string) => ({ state: { running: { startedAt } } });

/** One that began before, and mounts the CA. */
export const pod = (
  namespace: string,
  name: string,
  {
    began = [BEFORE],
    sidecar,
    mounts = "projected",
    phase = "Running",
    ready = true,
    mirror,
    owner,
    labels = {},
  }: Options,
) => ({
  metadata: {
    namespace,
    name,
    labels,
    ...(mirror === true ? { annotations: { "kubernetes.io/config.mirror": "hash" } } : {}),
    ownerReferences:
      owner === undefined
        ? []
        : [
            { kind: "X", name: "no-controller" },
            { ...owner, controller: true },
          ],
  },
  spec: { volumes: VOLUMES[mounts] },
  status: {
    phase,
    conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    containerStatuses: began.map(running),
    ...(sidecar === undefined
      ? {}
      : { initContainerStatuses: [running(sidecar)], containerStatuses: [running(AFTER)] }),
  },
});

const of = (kind: string, name: string) => ({ owner: { kind, name } });
const set = (namespace: string, name: string, owner?: string) => ({
  metadata: {
    namespace,
    name,
    ownerReferences: owner === undefined ? [] : [{ kind: "Deployment", name: owner, controller: true }],
  },
});

export const replicaSets = [
  set("app", "web-1", "web"),
  set("app", "new-1", "new"),
  set("app", "bare-1"),
  set("kube-system", "coredns-1", "coredns"),
  set("other", "web-1", "web"),
];

/** What is to be rolled of `withPods`. */
export const WORKLOADS = [
  "DaemonSet net/kube-flannel-ds",
  "DaemonSet kube-system/kube-proxy",
  "Deployment kube-system/coredns",
  "Deployment app/web",
  "StatefulSet other/db",
];

/** Pods of before and after, of workloads, of nothing, and of a ReplicaSet without a Deployment. */
export const withPods = (): FakeCluster =>
  new FakeCluster()
    .put("replicasets.apps", ...replicaSets)
    .put(
      "pods",
      pod("app", "web-1-a", { ...of("ReplicaSet", "web-1"), labels: { app: "web", tier: "a" } }),
      pod("app", "new-1-a", { ...of("ReplicaSet", "new-1"), began: [AFTER] }),
      pod("app", "lone", {}),
      pod("app", "bare-1-a", of("ReplicaSet", "bare-1")),
      pod("kube-system", "etcd-cp1", { ...of("Node", "cp1"), mirror: true }),
      pod("kube-system", "proxy", of("DaemonSet", "kube-proxy")),
      pod("kube-system", "dns", of("ReplicaSet", "coredns-1")),
      pod("net", "cni", of("DaemonSet", "kube-flannel-ds")),
      pod("other", "web-1-a", { ...of("ReplicaSet", "web-1"), began: [AFTER] }),
      pod("other", "db-0", { ...of("StatefulSet", "db"), labels: { app: "db" } }),
    );
