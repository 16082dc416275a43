/** The kinds of objects in the cluster that are read and written through a node, by the names that no CRD of somebody's can take. */

export const READ = [
  "namespaces",
  "nodes",
  "pods",
  "configmaps",
  "replicasets.apps",
  "deployments.apps",
  "daemonsets.apps",
  "statefulsets.apps",
  "poddisruptionbudgets.policy",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "apiservices.apiregistration.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
  "clustertrustbundles.certificates.k8s.io",
  "certificatesigningrequests.certificates.k8s.io",
] as const;
export type Read = (typeof READ)[number];

export const PATCHED = [
  "configmaps",
  "secrets",
  "deployments.apps",
  "daemonsets.apps",
  "statefulsets.apps",
  "validatingwebhookconfigurations.admissionregistration.k8s.io",
  "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  "apiservices.apiregistration.k8s.io",
  "customresourcedefinitions.apiextensions.k8s.io",
  "clustertrustbundles.certificates.k8s.io",
] as const;
export type Patched = (typeof PATCHED)[number];

export const DELETED = ["configmaps", "pods", "daemonsets.apps"] as const;
export type Deleted = (typeof DELETED)[number];

/** Kinds that an API server serves only from some version on, or when it is told to: where it does not there are none. */
export const MAYBE_SERVED: ReadonlySet<string> = new Set<Read>(["clustertrustbundles.certificates.k8s.io"]);

/** A workload's kind, as a stack file names it. */
export const WORKLOADS = {
  Deployment: "deployments.apps",
  DaemonSet: "daemonsets.apps",
  StatefulSet: "statefulsets.apps",
} as const;

/** What has a CA bundle, by its kind. */
export const BUNDLED = {
  ValidatingWebhookConfiguration: "validatingwebhookconfigurations.admissionregistration.k8s.io",
  MutatingWebhookConfiguration: "mutatingwebhookconfigurations.admissionregistration.k8s.io",
  APIService: "apiservices.apiregistration.k8s.io",
  CustomResourceDefinition: "customresourcedefinitions.apiextensions.k8s.io",
  ClusterTrustBundle: "clustertrustbundles.certificates.k8s.io",
} as const;
