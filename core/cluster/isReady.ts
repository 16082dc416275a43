/** What a kubelet says of a node or a pod. */
import type { NodeObject, Pod } from "./kube";

export const isReady = ({ status }: NodeObject | Pod): boolean =>
  status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") === true;
