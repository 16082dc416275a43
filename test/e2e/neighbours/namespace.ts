/** What the neighbours that are not part of a cluster's own have in common. */
export const NAMESPACE = "neighbours";

export const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } };

/** So many pods of a workload have to be ready at any time. */
export const budget = (name: string, minAvailable: number): Record<string, unknown> => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: { namespace: NAMESPACE, name },
  spec: { minAvailable, selector: { matchLabels: { app: name } } },
});
