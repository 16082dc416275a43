/** Versions of Kubernetes: which are known, and what tells them apart. */
/** 36 for Kubernetes 1.36.3: what differs between versions differs between minor versions. */
export const kubernetesMinor = ({ cluster }: { readonly cluster: { readonly kubernetesVersion: string } }): number =>
  Number(cluster.kubernetesVersion.split(".")[1]);

/** Kubernetes minor versions whose certificate tree the inventory describes. */
const MINORS = { oldest: 30, newest: 36 } as const;

/** "v1.34.2" or "1.34.2" as "1.34.2"; undefined when it is no release in the supported range. */
export function canonicalVersion(given: string): string | undefined {
  const match = /^v?(1\.(\d{1,3})\.(?:0|[1-9]\d{0,2}))$/.exec(given);
  const minor = Number(match?.[2]);
  return minor >= MINORS.oldest && minor <= MINORS.newest ? match?.[1] : undefined;
}
