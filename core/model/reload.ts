/**
 * What each consumer does when one of its inputs changes on disk: it reloads by itself (reload) or reads it only at start
 * (restart). The one place for this fact; read in the sources of Kubernetes 1.30-1.36 and etcd 3.5-3.6 and tried on a
 * real cluster. A node proves each reload and restarts where the proof fails (`restart: auto`).
 */

import { isUnknownMinor } from "../format/kubernetesVersion";

export type Need = "reload" | "restart";

interface Rule {
  readonly need: Need;
  /** The Kubernetes minor version of 1.x since which `need` holds; before it the consumer had to be restarted. */
  readonly sinceMinor?: number;
  /** Removing a CA only clears memory: no server presents it any more, so no restart is needed. */
  readonly removal?: "memory";
  readonly because: string;
}

const RULES = {
  "etcd/serving": { need: "reload", because: "read at each handshake" },
  "etcd/peer": { need: "reload", because: "read at each handshake" },
  "etcd/trusted-ca": { need: "restart", because: "pool built once at start, etcd-io/etcd#11555" },
  "kube-apiserver/serving": { need: "reload", because: "file watch and a poll each minute" },
  "kube-apiserver/client-ca": { need: "reload", because: "file watch and a poll each minute" },
  "kube-apiserver/requestheader-ca": { need: "reload", because: "file watch and a poll each minute" },
  "kube-apiserver/proxy-client": { need: "reload", because: "file watch and a poll each minute" },
  "kube-apiserver/etcd-client": { need: "reload", because: "read at each handshake" },
  "kube-apiserver/etcd-ca": { need: "restart", because: "pool built once at start" },
  "kube-apiserver/kubelet-client": { need: "reload", because: "polled every 5 minutes" },
  "kube-apiserver/kubelet-ca": { need: "reload", sinceMinor: 36, because: "polled every 5 minutes since 1.36" },
  "kube-apiserver/service-account-public": { need: "restart", because: "read once at start" },
  "kube-apiserver/service-account-private": { need: "restart", because: "read once at start" },
  "kube-apiserver/client": { need: "reload", because: "nothing holds it; the API server must accept it" },
  "kube-controller-manager/kubeconfig": {
    need: "restart",
    removal: "memory",
    because: "inline data is read once at start",
  },
  "kube-controller-manager/signing": { need: "reload", because: "file watch and a poll each minute" },
  "kube-controller-manager/root-ca": { need: "restart", because: "read once at start, kubernetes/kubernetes#137410" },
  "kube-controller-manager/client-ca": { need: "reload", because: "file watch and a poll each minute" },
  "kube-controller-manager/requestheader-ca": { need: "reload", because: "file watch and a poll each minute" },
  "kube-controller-manager/service-account-private": { need: "restart", because: "read once at start" },
  "kube-scheduler/kubeconfig": { need: "restart", removal: "memory", because: "inline data is read once at start" },
  "kubelet/serving": { need: "reload", sinceMinor: 31, because: "ReloadKubeletServerCertificateFile since 1.31" },
  "kubelet/client": { need: "restart", because: "its certificate manager keeps it in memory" },
  "kubelet/client-ca": { need: "reload", because: "file watch and a poll each minute" },
  "kubelet/kubeconfig": { need: "restart", removal: "memory", because: "its transport is built once at start" },
  "kube-proxy/kubeconfig": { need: "restart", removal: "memory", because: "inline data is read once at start" },
} as const satisfies Record<string, Rule>;

/** `<consumer>/<what the file is to it>`. */
export type ConsumerInput = keyof typeof RULES;

/** The services whose files we own. */
export type ConsumerName = ConsumerInput extends infer I ? (I extends `${infer C}/${string}` ? C : never) : never;

/** Every one of them, for what is read from outside. */
export const CONSUMER_INPUTS = Object.keys(RULES) as [ConsumerInput, ...ConsumerInput[]];

export const consumerOf = (input: ConsumerInput): ConsumerName => input.split("/")[0] as ConsumerName;

export const CONSUMER_NAMES = [...new Set(CONSUMER_INPUTS.map(consumerOf))] as [ConsumerName, ...ConsumerName[]];

/** What a change of this input asks of its consumer. */
export const needOf = (input: ConsumerInput, kubernetesMinor: number): Need => {
  const rule: Rule = RULES[input];
  if (isUnknownMinor(kubernetesMinor)) return "restart";
  return kubernetesMinor >= (rule.sinceMinor ?? 0) ? rule.need : "restart";
};

/** Whether this input needs a restart if the only change is that a CA is no longer trusted. */
export const needsRestartOnRemoval = (input: ConsumerInput, kubernetesMinor: number): boolean => {
  const rule: Rule = RULES[input];
  return rule.removal !== "memory" || isUnknownMinor(kubernetesMinor);
};

/** The reason for `needOf`. */
export const becauseOf = (input: ConsumerInput, kubernetesMinor: number): string => {
  const rule: Rule = RULES[input];
  if (isUnknownMinor(kubernetesMinor)) return `nobody has looked at 1.${String(kubernetesMinor)} yet`;
  return kubernetesMinor >= (rule.sinceMinor ?? 0)
    ? rule.because
    : `reads it by itself only since 1.${String(rule.sinceMinor)}`;
};
