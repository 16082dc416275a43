/** What the rows of steps.ts are decided by: what moves, which workloads and nodes are named, what workers do. */
import { hasPrevious } from "../authorities/rotation";
import { kubernetesMinor } from "../format/kubernetesVersion";
import { LAYOUTS, layoutOf } from "../layouts";
import { isUnknownMinor } from "../model/kubernetesMinors";
import { rotationFlags, type RotationFlag } from "../protocol/rotationFlags";
import type { Config, Workload } from "../schema/config";
import { hasWorkerStep, type WorkerStep } from "./workers";

export const moves = (config: Config): boolean => hasPrevious(config, "kubernetes");
export const hasBundles = ({ inCluster }: Config): boolean => inCluster.caBundles.length > 0;

/** The workloads that are restarted one by one. */
export const listed = ({ inCluster: { restart } }: Config): readonly Workload[] => (restart === "all" ? [] : restart);

/** client-go 0.36 reads ca.crt anew every five minutes (kubernetes/kubernetes client-go transport/ca_rotation.go). */
export const reloading = (config: Config): readonly Workload[] => {
  const { reload } = config.inCluster;
  const kubeProxy: Workload = { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" };
  const isKubeProxy = ({ kind, namespace, name }: Workload) =>
    kind === kubeProxy.kind && namespace === kubeProxy.namespace && name === kubeProxy.name;
  const isListed = [...reload, ...listed(config)].some(isKubeProxy);
  const minor = kubernetesMinor(config);
  return minor < 36 || isUnknownMinor(minor) || isListed ? reload : [...reload, kubeProxy];
};

/** kubeadm writes manifests anew at an upgrade, by its configuration in the cluster. */
export const flagsOf = (config: Config): readonly RotationFlag[] =>
  LAYOUTS[config.layout].publishesClusterInfo ? rotationFlags(layoutOf(config).signing, config) : [];

export const workloadText = ({ kind, namespace, name }: Workload): string => `${kind} ${namespace}/${name}`;

export const workersDo =
  (step: WorkerStep) =>
  (config: Config): boolean =>
    config.inCluster.workers !== undefined && hasWorkerStep[step](config);

/** Every node of the cluster must be listed or reached by workers. */
export const visits = ({ nodes, inCluster: { workers } }: Config) => ({
  visited: nodes.map(({ name }) => name),
  ...(workers === undefined ? {} : { visitors: workers.namespace }),
});
