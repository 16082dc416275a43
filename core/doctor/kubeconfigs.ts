/** The kubeconfigs of nodes: where each leads, which credential it presents, and whose cluster it is of. */
import { canonicalEndpoint, canonicalIp, hostOf } from "../format/addresses";
import { LISTENERS } from "../model/listeners";
import type { CertificateFacts, KubeconfigFacts } from "../survey/model";
import {
  certificateFiles,
  componentOn,
  fileAt,
  kubeconfigReaders,
  nodesWith,
  ofNode,
  valueOf,
  type Cluster,
  type NodeView,
} from "./cluster";
import { leadsTo } from "./signers";

type ClusterEntry = KubeconfigFacts["clusters"][number];
type UserEntry = KubeconfigFacts["users"][number];

/** What the current context of a kubeconfig says. */
export interface Entry {
  readonly node: NodeView;
  readonly path: string;
  /** Without brackets; of `tls-server-name` where that is given. */
  readonly name: string;
  /** Where it connects to. */
  readonly host: string;
  readonly port: number;
  readonly cluster?: ClusterEntry;
  readonly user?: UserEntry;
  /** Certificates that its server has to lead to. */
  readonly authorities: readonly CertificateFacts[];
  /** Of its user, leaf first. */
  readonly client: readonly CertificateFacts[];
  /** Where those are. */
  readonly clientPath: string;
  /** A component reads it, or a layout has it: it has to be one of this cluster. */
  readonly isOurs: boolean;
}

const HTTPS = 443;

const entryOf = (node: NodeView, config: KubeconfigFacts): Entry => {
  const context =
    config.contexts.find(({ name }) => name === config.currentContext) ??
    (config.contexts.length === 1 ? config.contexts[0] : undefined);
  const cluster = config.clusters.find(({ name }) => name === context?.cluster);
  const user = config.users.find(({ name }) => name === context?.user);
  const endpoint = canonicalEndpoint((cluster?.server ?? "").replace(/^https:\/\/|\/.*$/g, ""), HTTPS);
  const host = endpoint === undefined ? "" : hostOf(endpoint);
  const fileOf = (path: string | undefined) => (path === undefined ? [] : (fileAt(node, path)?.certificates ?? []));
  const inline = user?.certificates ?? [];
  return {
    node,
    path: config.path,
    host,
    name: cluster?.tlsServerName ?? host,
    port: Number(endpoint?.slice(endpoint.lastIndexOf(":") + 1) ?? 0),
    ...(cluster && { cluster }),
    ...(user && { user }),
    authorities:
      cluster === undefined || cluster.authorities.length > 0
        ? (cluster?.authorities ?? [])
        : fileOf(cluster.authorityFile),
    client: inline.length > 0 ? inline : fileOf(user?.certificateFile),
    clientPath: inline.length > 0 ? config.path : (user?.certificateFile ?? config.path),
    isOurs: kubeconfigReaders(node, config).length > 0 || node.known.has(config.path),
  };
};

export const entriesOf = (node: NodeView): Entry[] => node.survey.kubeconfigs.map((config) => entryOf(node, config));

export const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.");

export const securePort = (node: NodeView): number =>
  Number(valueOf(componentOn(node, "kube-apiserver"), "secure-port") ?? LISTENERS.apiServer.port);

/** The API servers that an entry leads to; `direct`: to that one alone, and nothing stands between. */
export interface Reached {
  readonly servers: readonly NodeView[];
  readonly direct: boolean;
}

export function reachedBy({ node, host, port }: Entry, cluster: Cluster): Reached {
  const all = nodesWith(cluster, "kube-apiserver");
  const there = all.find(
    (each) =>
      securePort(each) === port &&
      (isLoopback(host) ? each === node : each.survey.host.addresses.some((address) => canonicalIp(address) === host)),
  );
  return there === undefined ? { servers: all, direct: false } : { servers: [there], direct: true };
}

/** What the API server of a node shows its clients: as served, or as its file says. */
export const apiServerChain = (node: NodeView): readonly CertificateFacts[] => {
  const served = node.survey.served.find(({ component, chain }) => component === "kube-apiserver" && chain.length > 0);
  return served?.chain ?? certificateFiles(node, "kube-apiserver/serving")[0]?.certificates ?? [];
};

export const clientCas = (node: NodeView): readonly CertificateFacts[] =>
  certificateFiles(node, "kube-apiserver/client-ca").flatMap(({ certificates }) => certificates);

/** Those whose server or user is known to be of this cluster: a person's file may hold another cluster's. */
export const judged = ofNode((node: NodeView, cluster): readonly Entry[] =>
  entriesOf(node).filter((entry) => {
    const { servers } = reachedBy(entry, cluster);
    return (
      entry.isOurs ||
      servers.some(
        (server) => leadsTo(apiServerChain(server), entry.authorities) || leadsTo(entry.client, clientCas(server)),
      )
    );
  }),
);
