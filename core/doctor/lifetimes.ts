/** How long certificates in use have left, and which of them kubelets look after themselves. */
import { componentOn, nodesWith, usesInput, valuesOf, type Cluster, type NodeView } from "./cluster";
import { heldLeaves, type Held } from "./held";
import { entriesOf } from "./kubeconfigs";
import { stackRow } from "./remedies";

export const leftMs = ({ certificate }: Pick<Held, "certificate">, now: Date): number =>
  Date.parse(certificate.notAfter) - now.getTime();
export const lifetimeMs = ({ certificate }: Pick<Held, "certificate">): number =>
  Date.parse(certificate.notAfter) - Date.parse(certificate.notBefore);

/** Short-lived ones are renewed when two thirds of their life are over, so a window as long as that says nothing of them. */
export const endsSoon = (held: Held, now: Date, seconds: number): boolean => {
  const left = leftMs(held, now);
  return left > 0 && left <= Math.min(seconds * 1000, lifetimeMs(held) / 3);
};

/** The kubelet made it for itself, and no API server asks whose it is. */
export const isUnverified = ({ uses }: Held, cluster: Cluster): boolean =>
  uses.length > 0 &&
  uses.every(({ input }) => input === "kubelet/serving") &&
  !nodesWith(cluster, "kube-apiserver").some(
    (node) => valuesOf(componentOn(node, "kube-apiserver"), "kubelet-certificate-authority").length > 0,
  );

export const isKubeletClient = ({ uses, certificate }: Held, cluster: Cluster): boolean =>
  uses.some(({ input }) => input === "kubelet/client") && stackRow(certificate.serial, cluster) === undefined;

/** What kubelet.conf holds itself where the kubelet has a file of its own to rotate. */
export const isLeftInKubeletConf = (node: NodeView, { path, uses }: Held): boolean =>
  uses.some(({ input }) => input === "kubelet/kubeconfig") &&
  entriesOf(node).some((entry) => entry.path === path && entry.clientPath === path) &&
  node.survey.files.some((file) => file.state === "file" && usesInput(file, "kubelet/client"));

/** Leaves that are renewed by whoever signs them; the rest the kubelet makes or rotates itself. */
export const ordinaryLeaves = (node: NodeView, cluster: Cluster): Held[] =>
  heldLeaves(node, cluster).filter(
    (held) => !isUnverified(held, cluster) && !isKubeletClient(held, cluster) && !isLeftInKubeletConf(node, held),
  );
