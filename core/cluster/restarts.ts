/** Workloads that are rolled once both CAs are trusted: those named under `inCluster.restart`. */
import { canSign, hasPrevious } from "../authorities/rotation";
import { blocksOf, digestOf } from "../format/pemBlocks";
import type { Config, Workload } from "../schema/config";

/** What the rest of a cluster needs comes first: the network of pods, the way to services, names. */
const FIRST: readonly RegExp[] = [
  /^DaemonSet [^/]+\/(?:kube-flannel|calico-node|cilium|weave-net|kube-router|canal|antrea-agent)/,
  /^DaemonSet kube-system\/kube-proxy$/,
  /^Deployment kube-system\/(?:coredns|kube-dns)/,
];

/** How many ranks there are of what is rolled alone. */
export const FIRST_RANKS = FIRST.length;

export const rankOf = ({ kind, namespace, name }: Workload): number => {
  const rank = FIRST.findIndex((pattern) => pattern.test(`${kind} ${namespace}/${name}`));
  return rank === -1 ? FIRST.length : rank;
};

/**
 * In the order in which they are rolled, one after another; without a rank of their own, as listed. None while no CA of the
 * stack signs, so that there are no credentials to roll them with (the first phase of an adoption): then they are rolled before the next phase.
 */
export const restarted = (config: Config): readonly Workload[] => {
  const { enabled, restart } = config.inCluster;
  if (!enabled || restart === "all" || !hasPrevious(config, "kubernetes") || !canSign(config, "kubernetes")) return [];
  return [...restart].sort((a, b) => rankOf(a) - rankOf(b));
};

/** A namespace has no dot in its name, so no two workloads share a nameSuffix. */
export const restartNameSuffix = ({ kind, namespace, name }: Workload): string =>
  `restart-${kind.toLowerCase()}-${namespace}.${name}`;

/** On a pod template: which CA its pods were restarted for. */
export const TRUSTED = "kube-pki/trusted";

/** The annotation of a pod template that has its pods restarted; the same in all phases of one generation. */
export const trustedAnnotation = (caPem: string): Record<string, string> => ({
  [TRUSTED]: digestOf(blocksOf(caPem)),
});
