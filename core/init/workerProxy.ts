/** Whether workers have a proxy of their own to the API servers, as kubespray gives them: `cluster.workerProxyPort`. */
import type { FoundNode } from "./nodes";
import { mostCommon } from "./remarks";
import { isLoopback, kubeconfigAt, optionOf, serverIn, urlParts } from "./visits";

/** By where their kubelets go; undefined: there is no worker to tell. */
export const workerProxyOf = (nodes: readonly FoundNode[]): number | undefined =>
  mostCommon(
    nodes
      .filter(({ roles }) => roles.includes("worker") && !roles.includes("control-plane"))
      .flatMap(({ visit: { survey } }) => {
        const path = optionOf(survey, "kubelet", "kubeconfig");
        const kubeconfig = path === undefined ? undefined : kubeconfigAt(survey, path);
        const server = kubeconfig === undefined ? undefined : serverIn(kubeconfig);
        const parts = urlParts(`https://${server ?? ""}`);
        return parts === undefined ? [] : [isLoopback(parts.host) ? parts.port : 0];
      }),
  );
