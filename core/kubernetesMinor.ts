import type { Config } from "./config";

/** 36 for Kubernetes 1.36.3: what differs between versions differs between minor versions. */
export const kubernetesMinor = ({ cluster }: Pick<Config, "cluster">): number =>
  Number(cluster.kubernetesVersion.split(".")[1]);
