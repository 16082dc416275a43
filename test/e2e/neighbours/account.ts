/** A service account in kube-system and what it may read in the whole cluster, as manifests of add-ons have them. */
const GROUP = "rbac.authorization.k8s.io";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

type Place = Readonly<Record<"namespace" | "name", string>>;

/** Gives it a role: of the cluster, or of the namespace that the binding is in. */
export const binding = (
  account: Place,
  metadata: { readonly name: string; readonly namespace?: string },
  kind: "ClusterRole" | "Role",
  role: string,
): Record<string, unknown> => ({
  apiVersion: `${GROUP}/v1`,
  kind: `${kind}Binding`,
  metadata,
  roleRef: { apiGroup: GROUP, kind, name: role },
  subjects: [{ kind: "ServiceAccount", ...account }],
});

/** The account, and a role of its own, `system:NAME`. */
export const accountWith = (account: Place, rules: readonly Rule[]): Record<string, unknown>[] => {
  const role = `system:${account.name}`;
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: account },
    { apiVersion: `${GROUP}/v1`, kind: "ClusterRole", metadata: { name: role }, rules },
    binding(account, { name: role }, "ClusterRole", role),
  ];
};
