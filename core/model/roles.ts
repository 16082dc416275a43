/** What a machine can be in a cluster. */
export const ROLES = ["control-plane", "etcd", "worker"] as const;
export type Role = (typeof ROLES)[number];
