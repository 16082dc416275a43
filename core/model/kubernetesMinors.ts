/**
 * Minor versions of Kubernetes (37 of 1.37.2) whose certificate tree, and what reloads a file, are known here. Of 1.37 the sources
 * that decide it are those of 1.36 (apiserver pkg/server/dynamiccertificates, client-go transport, pkg/kubelet/certificate,
 * cmd/kubeadm/app/phases/certs); docs/versions.md says what was run.
 */
export const MINORS = { oldest: 30, newest: 37 } as const;

/** Nobody has looked at it: what is known of the newest may not hold. */
export const isUnknownMinor = (minor: number): boolean => minor > MINORS.newest;
