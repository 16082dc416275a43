/** Whether API servers get through to kubelets, as for logs and exec: each takes the other's certificate. */
import { isReady } from "../isReady";
import type { Work } from "../work";

/** An API server reads its client certificate again every 5 minutes (client-go transport/cert_rotation.go). */
const RELOADED_S = 330;

/** What is said where one of the two does not take the other's certificate; 401 is worded by kubectl. */
const OF_CERTIFICATES = /x509|tls: |certificate|Unauthorized|Forbidden/;

export const kubelets = async (work: Work): Promise<void> => {
  const nodes = await work.kube.list("nodes");
  const names = nodes.filter(isReady).map(({ metadata }) => metadata.name);
  let failing: readonly (readonly [node: string, says: string])[] = [];
  const isRefused = ([, says]: (typeof failing)[number]): boolean => OF_CERTIFICATES.test(says);
  const look = async (): Promise<boolean> => {
    const answers = names.length === 0 ? [] : await work.kube.kubelets(names);
    failing = answers.filter(([, says]) => says !== "ok");
    return !failing.some(isRefused);
  };
  await work.waitFor(
    work.patience("scan", RELOADED_S),
    "API servers to reach every kubelet by its new certificates",
    look,
  );
  for (const each of failing) {
    const [node, says] = each;
    if (isRefused(each))
      work.found(
        "scan",
        "Node",
        node,
        `is not reached by the API server (${says}): let its kubelet trust the CA of apiserver-kubelet-client, and the API ` +
          "server that of the kubelet's serving certificate",
      );
    else
      work.told(
        "Node",
        node,
        `does not answer the API server (${says}), so whether they take each other's certificates is not known`,
      );
  }
};
