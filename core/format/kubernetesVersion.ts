/** Versions of Kubernetes: which are taken, and what tells them apart. */
import { MINORS } from "../model/kubernetesMinors";

/** 36 for Kubernetes 1.36.3: what differs between versions differs between minor versions. */
export const kubernetesMinor = ({ cluster }: { readonly cluster: { readonly kubernetesVersion: string } }): number =>
  Number(cluster.kubernetesVersion.split(".")[1]);

export const unknownMinorText = (version: string): string =>
  `cluster.kubernetesVersion: ${version} is newer than 1.${String(MINORS.newest)}, the last that this version of kube-pki knows; ` +
  "every service whose files change is restarted, whether it would reload them or not, and proven as ever; see whether there is a newer kube-pki";

export const VERSION = /^v?(1\.([1-9]\d{0,2})\.(?:0|[1-9]\d{0,2}))$/;

/** "v1.34.2" or "1.34.2" as "1.34.2"; undefined when it is no release, or an older one than the oldest that is known. */
export function canonicalVersion(given: string): string | undefined {
  const match = VERSION.exec(given);
  const minor = Number(match?.[2]);
  return minor >= MINORS.oldest ? match?.[1] : undefined;
}
