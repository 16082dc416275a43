import { daemonSet, deployment, statefulSet, type Rollout } from "./rollouts";

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** How far a workload is; without it nothing is waited for. */
  readonly rollout?: Rollout;
}

/** The resource types of this stand-in: those that kube-pki uses. */
// prettier-ignore
export const kinds: Readonly<Record<string, Kind>> = {
  "kubernetes:core/v1:ConfigMapPatch": { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps", namespaced: true },
  "kubernetes:apps/v1:DaemonSetPatch": { apiVersion: "apps/v1", kind: "DaemonSet", plural: "daemonsets", namespaced: true, rollout: daemonSet },
  "kubernetes:apps/v1:DeploymentPatch": { apiVersion: "apps/v1", kind: "Deployment", plural: "deployments", namespaced: true, rollout: deployment },
  "kubernetes:apps/v1:StatefulSetPatch": { apiVersion: "apps/v1", kind: "StatefulSet", plural: "statefulsets", namespaced: true, rollout: statefulSet },
  "kubernetes:admissionregistration.k8s.io/v1:ValidatingWebhookConfigurationPatch": { apiVersion: "admissionregistration.k8s.io/v1", kind: "ValidatingWebhookConfiguration", plural: "validatingwebhookconfigurations", namespaced: false },
  "kubernetes:admissionregistration.k8s.io/v1:MutatingWebhookConfigurationPatch": { apiVersion: "admissionregistration.k8s.io/v1", kind: "MutatingWebhookConfiguration", plural: "mutatingwebhookconfigurations", namespaced: false },
  "kubernetes:apiregistration.k8s.io/v1:APIServicePatch": { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService", plural: "apiservices", namespaced: false },
};

/** Where the API server has the object of this name. */
export function pathOf(kind: Kind, namespace: string, name: string): string {
  const api = kind.apiVersion.includes("/") ? `/apis/${kind.apiVersion}` : `/api/${kind.apiVersion}`;
  const scope = kind.namespaced ? `/namespaces/${encodeURIComponent(namespace)}` : "";
  return `${api}${scope}/${kind.plural}/${encodeURIComponent(name)}`;
}
