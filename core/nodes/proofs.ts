/**
 * How each consumer proves that it works with what was just written: which certificate it serves where, which client
 * certificates are accepted where, and its own health. Paths are the components' own and the same in every layout; where
 * they listen the layout says.
 */
import { hostPort } from "../format/addresses";
import type { AuthorityName } from "../model/authorities";
import type { Listener, Listeners } from "../model/listeners";
import type { LeafName } from "../model/profiles";
import type { ConsumerInput, ConsumerName } from "../model/reload";
import type { Config, NodeConfig } from "../schema/config";
import { endpointOn } from "./topology";

export type Proof =
  | { readonly kind: "served"; readonly at: string; readonly profile: LeafName }
  /** A client certificate that nobody here can be asked about: its CA is in the file that the server reads. */
  | { readonly kind: "chain"; readonly profile: LeafName }
  /** A front proxy's, by a request that passes through to an API server behind. */
  | { readonly kind: "aggregated"; readonly at: string; readonly by: LeafName; readonly profile: LeafName }
  /** An API server gets through to the kubelet of this node. */
  | { readonly kind: "reaches"; readonly at: string; readonly node: string; readonly by: LeafName }
  /** What answers there is trusted by those who read the CA file of that authority. */
  | { readonly kind: "trusts"; readonly at: string; readonly authority: AuthorityName }
  | { readonly kind: "accepted"; readonly at: string; readonly path: string; readonly profile: LeafName }
  | {
      readonly kind: "health";
      readonly scheme: "http" | "https";
      readonly at: string;
      readonly path: string;
      readonly profile: LeafName | undefined;
    };

/** The node that a service runs on. */
export interface ServiceNode {
  readonly node: NodeConfig;
  readonly config: Config;
  readonly listeners: Listeners;
  /** The services that run there. */
  readonly services: ReadonlySet<ConsumerName>;
  /** Which leaf a service reads as this; none: it is not given one. */
  readonly leafOf: (input: ConsumerInput) => LeafName | undefined;
}

/** Where the node's own listener is reached: `host:port`. */
export const listensAt = ({ port, on }: Listener, { address }: Pick<NodeConfig, "address">): string =>
  hostPort(on === "node" ? address : "127.0.0.1", port);

/** Exists in every cluster and needs a user: 200 or 403 is a yes to the client certificate, 401 a no. */
const AUTHENTICATED = "/api/v1/namespaces/kube-system";

const served = (profile: LeafName, at: string): Proof => ({ kind: "served", at, profile });
const accepted = (profile: LeafName, at: string, path: string): Proof => ({ kind: "accepted", at, path, profile });

const chain = (profile: LeafName): Proof => ({ kind: "chain", profile });

const healthy = (at: string, path: string, profile?: LeafName, scheme: "http" | "https" = "https"): Proof => ({
  kind: "health",
  scheme,
  at,
  path,
  profile,
});

/** The API server a node's clients talk to: its own on a control plane. */
const apiServerOf = ({ node, config, listeners }: ServiceNode): string =>
  node.roles.includes("control-plane") ? listensAt(listeners.apiServer, node) : endpointOn(node, config);

export const PROOFS: Readonly<Record<ConsumerName, (on: ServiceNode) => readonly Proof[]>> = {
  etcd: ({ node, listeners, services, leafOf }) => {
    const client = listensAt(listeners.etcdClient, node);
    return [
      served("etcd-server", client),
      // a member may have one certificate for clients and peers
      served(leafOf("etcd/peer") ?? "etcd-peer", listensAt(listeners.etcdPeer, node)),
      healthy(client, "/health", "etcd-server"),
      accepted("etcd-healthcheck-client", client, "/health"),
      accepted("etcdctl-etcd-client", client, "/health"),
      // a copy that no service here reads; an API server beside it proves its own
      ...(services.has("kube-apiserver") ? [] : [accepted("apiserver-etcd-client", client, "/health")]),
    ];
  },
  "kube-apiserver": ({ node, config, listeners, services }) => {
    const at = listensAt(listeners.apiServer, node);
    const etcdAt = (member: Pick<NodeConfig, "address">) => listensAt(listeners.etcdClient, member);
    const members = services.has("etcd") ? [node] : config.nodes.filter(({ roles }) => roles.includes("etcd"));
    return [
      served("apiserver", at),
      healthy(at, "/readyz", "admin"),
      // Peers on other nodes are not asked: one of them being down says nothing about this certificate.
      ...(services.has("etcd")
        ? [accepted("apiserver-etcd-client", etcdAt(node), "/health")]
        : [chain("apiserver-etcd-client")]),
      ...members.map((member): Proof => ({ kind: "trusts", at: etcdAt(member), authority: "etcd" })),
      ...(services.has("kubelet")
        ? [accepted("apiserver-kubelet-client", listensAt(listeners.kubelet, node), "/healthz")]
        : [chain("apiserver-kubelet-client")]),
      chain("front-proxy-client"),
      { kind: "aggregated", at, by: "admin", profile: "front-proxy-client" },
      accepted("admin", at, AUTHENTICATED),
      accepted("super-admin", at, AUTHENTICATED),
    ];
  },
  "kube-controller-manager": (on) => [
    healthy(listensAt(on.listeners.controllerManagerHealth, on.node), "/healthz"),
    accepted("controller-manager", apiServerOf(on), AUTHENTICATED),
  ],
  "kube-scheduler": (on) => [
    healthy(listensAt(on.listeners.schedulerHealth, on.node), "/healthz"),
    accepted("scheduler", apiServerOf(on), AUTHENTICATED),
  ],
  kubelet: (on) => [
    served("kubelet-server", listensAt(on.listeners.kubelet, on.node)),
    healthy(listensAt(on.listeners.kubeletHealth, on.node), "/healthz", undefined, "http"),
    accepted("kubelet", apiServerOf(on), `/api/v1/nodes/${on.node.name}`),
    // whoever may ask for that is on a control plane; of the others the cluster is asked (core/cluster/tasks/kubelets.ts)
    ...(on.services.has("kube-apiserver")
      ? [{ kind: "reaches", at: apiServerOf(on), node: on.node.name, by: "admin" } as const]
      : []),
  ],
  "kube-proxy": (on) => [accepted("kube-proxy", apiServerOf(on), AUTHENTICATED)],
};
