/** Who must be able to talk to whom, by which files on either side. */
import type { ConsumerInput, ConsumerName } from "../../../core/model/reload";

export interface Talk {
  readonly client: ConsumerName;
  readonly server: ConsumerName;
  /** own: the server on the client's node if there is one; others: all but that; kubeconfig: as its `server` says. */
  readonly reach: "own" | "others" | "self" | "all" | "kubeconfig";
  readonly presents: readonly ConsumerInput[];
  readonly trusts: ConsumerInput;
  readonly serves: ConsumerInput;
  readonly accepts: ConsumerInput;
}

const toApiServer = (client: ConsumerName, presents: readonly ConsumerInput[], trusts: ConsumerInput): Talk => ({
  client,
  server: "kube-apiserver",
  reach: "kubeconfig",
  presents,
  trusts,
  serves: "kube-apiserver/serving",
  accepts: "kube-apiserver/client-ca",
});

/** Where etcd is stacked an API server is a client of its own member only, else of all. */
export const TALKS: readonly Talk[] = [
  {
    client: "etcd",
    server: "etcd",
    reach: "others",
    presents: ["etcd/peer"],
    trusts: "etcd/trusted-ca",
    serves: "etcd/peer",
    accepts: "etcd/trusted-ca",
  },
  {
    // its gateway is a client of itself, by the serving certificate (etcd-io/etcd#9785)
    client: "etcd",
    server: "etcd",
    reach: "self",
    presents: ["etcd/serving"],
    trusts: "etcd/trusted-ca",
    serves: "etcd/serving",
    accepts: "etcd/trusted-ca",
  },
  {
    client: "kube-apiserver",
    server: "etcd",
    reach: "own",
    presents: ["kube-apiserver/etcd-client"],
    trusts: "kube-apiserver/etcd-ca",
    serves: "etcd/serving",
    accepts: "etcd/trusted-ca",
  },
  {
    client: "kube-apiserver",
    server: "kubelet",
    reach: "all",
    presents: ["kube-apiserver/kubelet-client"],
    trusts: "kube-apiserver/kubelet-ca",
    serves: "kubelet/serving",
    accepts: "kubelet/client-ca",
  },
  toApiServer("kube-controller-manager", ["kube-controller-manager/kubeconfig"], "kube-controller-manager/kubeconfig"),
  toApiServer("kube-scheduler", ["kube-scheduler/kubeconfig"], "kube-scheduler/kubeconfig"),
  toApiServer("kubelet", ["kubelet/client", "kubelet/kubeconfig"], "kubelet/kubeconfig"),
  toApiServer("kube-proxy", ["kube-proxy/kubeconfig"], "kube-proxy/kubeconfig"),
];
