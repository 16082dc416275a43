/** Which option is which input of a component, written down from the components' documentation (not from core/nodes/options.ts). */
import type { ConsumerInput, ConsumerName } from "../../../core/model/reload";

type Half = "plain" | "secret";

export const INPUTS: Readonly<
  Partial<Record<ConsumerName, Readonly<Record<string, readonly [input: ConsumerInput | undefined, half: Half]>>>>
> = {
  etcd: {
    "cert-file": ["etcd/serving", "plain"],
    "key-file": ["etcd/serving", "secret"],
    "trusted-ca-file": ["etcd/trusted-ca", "plain"],
    "peer-cert-file": ["etcd/peer", "plain"],
    "peer-key-file": ["etcd/peer", "secret"],
    "peer-trusted-ca-file": [undefined, "plain"],
  },
  "kube-apiserver": {
    "tls-cert-file": ["kube-apiserver/serving", "plain"],
    "tls-private-key-file": ["kube-apiserver/serving", "secret"],
    "client-ca-file": ["kube-apiserver/client-ca", "plain"],
    "requestheader-client-ca-file": ["kube-apiserver/requestheader-ca", "plain"],
    "proxy-client-cert-file": ["kube-apiserver/proxy-client", "plain"],
    "proxy-client-key-file": ["kube-apiserver/proxy-client", "secret"],
    "etcd-cafile": ["kube-apiserver/etcd-ca", "plain"],
    "etcd-certfile": ["kube-apiserver/etcd-client", "plain"],
    "etcd-keyfile": ["kube-apiserver/etcd-client", "secret"],
    "kubelet-client-certificate": ["kube-apiserver/kubelet-client", "plain"],
    "kubelet-client-key": ["kube-apiserver/kubelet-client", "secret"],
    "kubelet-certificate-authority": ["kube-apiserver/kubelet-ca", "plain"],
    "service-account-key-file": ["kube-apiserver/service-account-public", "plain"],
    "service-account-signing-key-file": ["kube-apiserver/service-account-private", "secret"],
  },
  "kube-controller-manager": {
    kubeconfig: ["kube-controller-manager/kubeconfig", "secret"],
    "authentication-kubeconfig": [undefined, "secret"],
    "authorization-kubeconfig": [undefined, "secret"],
    "root-ca-file": ["kube-controller-manager/root-ca", "plain"],
    "client-ca-file": ["kube-controller-manager/client-ca", "plain"],
    "requestheader-client-ca-file": ["kube-controller-manager/requestheader-ca", "plain"],
    "cluster-signing-cert-file": ["kube-controller-manager/signing", "plain"],
    "cluster-signing-key-file": ["kube-controller-manager/signing", "secret"],
    "service-account-private-key-file": ["kube-controller-manager/service-account-private", "secret"],
  },
  "kube-scheduler": {
    kubeconfig: ["kube-scheduler/kubeconfig", "secret"],
    "authentication-kubeconfig": [undefined, "secret"],
    "authorization-kubeconfig": [undefined, "secret"],
  },
  kubelet: {
    kubeconfig: ["kubelet/kubeconfig", "secret"],
    "tls-cert-file": ["kubelet/serving", "plain"],
    "tls-private-key-file": ["kubelet/serving", "secret"],
    "client-ca-file": ["kubelet/client-ca", "plain"],
  },
  "kube-proxy": { kubeconfig: ["kube-proxy/kubeconfig", "secret"] },
};
