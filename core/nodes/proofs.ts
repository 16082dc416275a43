/**
 * How each consumer proves that it works with what was just written: which certificate it serves where, which client
 * certificates are accepted where, and its own health. Ports and paths are the components' own and the same in every
 * layout.
 */
import { PORTS } from "../model/ports";
import { hostPort } from "../format/addresses";
import type { ProfileName } from "../model/profiles";
import type { Config, NodeConfig } from "../schema/config";
import type { Proof } from "./layout";
import type { ConsumerName } from "./reload";

/** Exists in every cluster and needs a user: 200 or 403 is a yes to the client certificate, 401 a no. */
const AUTHENTICATED = "/api/v1/namespaces/kube-system";

const served = (profile: ProfileName, at: string): Proof => ({ kind: "served", at, profile });
const accepted = (profile: ProfileName, at: string, path: string): Proof => ({ kind: "accepted", at, path, profile });

const local = (port: number): string => hostPort("127.0.0.1", port);

/** The API server a node's clients talk to: its own on a control plane. */
const apiServerOf = (node: NodeConfig, config: Config): string =>
  node.roles.includes("control-plane") ? hostPort(node.address, PORTS.apiServer) : config.cluster.endpoint;

export const PROOFS: Readonly<Record<ConsumerName, (node: NodeConfig, config: Config) => readonly Proof[]>> = {
  etcd: (node) => {
    const client = hostPort(node.address, PORTS.etcdClient);
    return [
      served("etcd-server", client),
      served("etcd-peer", hostPort(node.address, PORTS.etcdPeer)),
      { kind: "health", scheme: "https", at: client, path: "/health", profile: "etcd-server" },
      accepted("etcd-healthcheck-client", client, "/health"),
    ];
  },
  "kube-apiserver": (node, config) => {
    const at = hostPort(node.address, PORTS.apiServer);
    return [
      served("apiserver", at),
      { kind: "health", scheme: "https", at, path: "/readyz", profile: "admin" },
      // Peers on other nodes are not asked: one of them being down says nothing about this certificate.
      ...(node.roles.includes("etcd")
        ? [accepted("apiserver-etcd-client", hostPort(node.address, PORTS.etcdClient), "/health")]
        : []),
      ...(config.layout === "kubeadm" || node.roles.includes("worker")
        ? [accepted("apiserver-kubelet-client", hostPort(node.address, PORTS.kubelet), "/healthz")]
        : []),
      accepted("admin", at, AUTHENTICATED),
      accepted("super-admin", at, AUTHENTICATED),
    ];
  },
  "kube-controller-manager": (node, config) => [
    { kind: "health", scheme: "https", at: local(PORTS.controllerManagerHealth), path: "/healthz", profile: undefined },
    accepted("controller-manager", apiServerOf(node, config), AUTHENTICATED),
  ],
  "kube-scheduler": (node, config) => [
    { kind: "health", scheme: "https", at: local(PORTS.schedulerHealth), path: "/healthz", profile: undefined },
    accepted("scheduler", apiServerOf(node, config), AUTHENTICATED),
  ],
  kubelet: (node, config) => [
    served("kubelet-server", hostPort(node.address, PORTS.kubelet)),
    { kind: "health", scheme: "http", at: local(PORTS.kubeletHealth), path: "/healthz", profile: undefined },
    accepted("kubelet", apiServerOf(node, config), `/api/v1/nodes/${node.name}`),
  ],
  "kube-proxy": (node, config) => [accepted("kube-proxy", apiServerOf(node, config), AUTHENTICATED)],
};
