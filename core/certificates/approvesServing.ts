import type { Config } from "../schema/config";

/** Whether the stack approves what kubelets with serverTLSBootstrap ask the cluster for. */
export const approvesServing = ({ inCluster }: Pick<Config, "inCluster">): boolean =>
  inCluster.enabled && inCluster.approveKubeletServing;
