/** What kubeadm publishes for nodes that want to join (kube-public/cluster-info): kubeadm does not update its CA later. */
import { LAYOUTS } from "../layouts";
import { stringify } from "yaml";
import { retiresPrevious } from "../authorities/rotation";
import type { Config } from "../schema/config";

export const CLUSTER_INFO = { namespace: "kube-public", name: "cluster-info" } as const;

/**
 * A kubeconfig without a user, field for field as kubeadm writes it (cmd/kubeadm/app/phases/bootstraptoken/clusterinfo).
 * kube-controller-manager's bootstrap signer updates its signatures by itself.
 */
export const clusterInfoText = (endpoint: string, trustPem: string): string =>
  stringify(
    {
      apiVersion: "v1",
      clusters: [
        {
          cluster: {
            "certificate-authority-data": Buffer.from(trustPem).toString("base64"),
            server: `https://${endpoint}`,
          },
          name: "",
        },
      ],
      contexts: null,
      "current-context": "",
      kind: "Config",
      users: null,
    },
    { lineWidth: 0, indentSeq: false },
  );

/**
 * Whether cluster-info is to hold only the new CA. Until then a node adds to it (steps.ts): trust is additive,
 * retire is exact.
 */
export const isClusterInfoExact = (config: Config): boolean =>
  config.inCluster.enabled && LAYOUTS[config.layout].publishesClusterInfo && retiresPrevious(config, "kubernetes");
