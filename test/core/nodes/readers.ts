/**
 * Who reads a file, as the flag says by which a program is given it: the independent half of every layout's `uses`. Flags
 * and what stands behind them: kubernetes.io/docs/reference/command-line-tools-reference, etcd.io/docs/v3.6/op-guide/configuration.
 */
import type { ConsumerInput } from "../../../core/model/reload";

/** Flags without their dashes; flags that name no file of the PKI are not here. */
export const FLAGS: Readonly<Record<string, Readonly<Record<string, ConsumerInput>>>> = {
  etcd: {
    "cert-file": "etcd/serving",
    "key-file": "etcd/serving",
    "peer-cert-file": "etcd/peer",
    "peer-key-file": "etcd/peer",
    "trusted-ca-file": "etcd/trusted-ca",
    "peer-trusted-ca-file": "etcd/trusted-ca",
  },
  "kube-apiserver": {
    "tls-cert-file": "kube-apiserver/serving",
    "tls-private-key-file": "kube-apiserver/serving",
    "client-ca-file": "kube-apiserver/client-ca",
    "requestheader-client-ca-file": "kube-apiserver/requestheader-ca",
    "proxy-client-cert-file": "kube-apiserver/proxy-client",
    "proxy-client-key-file": "kube-apiserver/proxy-client",
    "etcd-certfile": "kube-apiserver/etcd-client",
    "etcd-keyfile": "kube-apiserver/etcd-client",
    "etcd-cafile": "kube-apiserver/etcd-ca",
    "kubelet-client-certificate": "kube-apiserver/kubelet-client",
    "kubelet-client-key": "kube-apiserver/kubelet-client",
    "kubelet-certificate-authority": "kube-apiserver/kubelet-ca",
    "service-account-key-file": "kube-apiserver/service-account-public",
    "service-account-signing-key-file": "kube-apiserver/service-account-private",
  },
  "kube-controller-manager": {
    kubeconfig: "kube-controller-manager/kubeconfig",
    "authentication-kubeconfig": "kube-controller-manager/kubeconfig",
    "authorization-kubeconfig": "kube-controller-manager/kubeconfig",
    "client-ca-file": "kube-controller-manager/client-ca",
    "requestheader-client-ca-file": "kube-controller-manager/requestheader-ca",
    "root-ca-file": "kube-controller-manager/root-ca",
    "cluster-signing-cert-file": "kube-controller-manager/signing",
    "cluster-signing-key-file": "kube-controller-manager/signing",
    "service-account-private-key-file": "kube-controller-manager/service-account-private",
  },
  "kube-scheduler": {
    kubeconfig: "kube-scheduler/kubeconfig",
    "authentication-kubeconfig": "kube-scheduler/kubeconfig",
    "authorization-kubeconfig": "kube-scheduler/kubeconfig",
  },
  kubelet: { kubeconfig: "kubelet/kubeconfig" },
  "kube-proxy": { kubeconfig: "kube-proxy/kubeconfig" },
};

/** By path, sorted: every reader that these flags name. A flag with a path that FLAGS does not know is an error. */
export const readersOf = (
  flags: Readonly<Record<string, Readonly<Record<string, string | true>>>>,
  isPki: (path: string) => boolean,
): Map<string, string[]> => {
  const readers = new Map<string, Set<string>>();
  for (const [component, given] of Object.entries(flags))
    for (const [flag, path] of Object.entries(given)) {
      if (typeof path !== "string" || !isPki(path)) continue;
      const input = FLAGS[component]?.[flag];
      if (input === undefined) throw new Error(`${component} --${flag}=${path}: what it reads there is in no table`);
      readers.set(path, (readers.get(path) ?? new Set()).add(input));
    }
  return new Map([...readers].map(([path, inputs]) => [path, [...inputs].sort()]));
};
