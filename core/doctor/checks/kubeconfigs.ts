/** Kubeconfigs of components and administrators against the API servers they lead to. */
import type { Cluster, NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { apiServerChain, clientCas, judged, reachedBy, type Entry } from "../kubeconfigs";
import { leadsTo } from "../signers";
import { day, nodeList } from "../words";
import { unique } from "../../format/unique";

const names = (nodes: readonly NodeView[]): string => nodeList(nodes.map(({ name }) => name));

const untrusted = (entry: Entry, cluster: Cluster): Issue[] => {
  const { servers, direct } = reachedBy(entry, cluster);
  const known = servers.filter((server) => apiServerChain(server).length > 0);
  const failing = known.filter((server) => !leadsTo(apiServerChain(server), entry.authorities));
  if (entry.cluster === undefined || entry.cluster.insecure || failing.length === 0) return [];
  const text = `the CA in ${entry.path} has not signed the certificate of kube-apiserver on ${names(failing)}`;
  // a balancer may end TLS with a certificate of its own: kubernetes/kubeadm#1063
  const mayBeBalancer = !direct && failing.length === known.length;
  return [
    {
      urgency: mayBeBalancer ? "soon" : "now",
      subject: entry.path,
      text: mayBeBalancer
        ? `${text}, which is right only if something else at ${entry.host} ends TLS`
        : `${text}, so its reader does not connect`,
      remedy: "put the CA of the API server's certificate into certificate-authority-data",
    },
  ];
};

const refused = (entry: Entry, cluster: Cluster): Issue[] => {
  const servers = reachedBy(entry, cluster).servers.filter((server) => clientCas(server).length > 0);
  const failing = servers.filter((server) => !leadsTo(entry.client, clientCas(server)));
  if (entry.client.length === 0 || failing.length === 0) return [];
  return [
    {
      urgency: "now",
      subject: entry.clientPath,
      text: `kube-apiserver on ${names(failing)} refuses the client certificate in ${entry.clientPath}: no CA in its --client-ca-file has signed it`,
      remedy: "have it signed by a CA of that file, or add its CA there",
    },
  ];
};

const insecure = ({ path, host, cluster }: Entry): Issue[] =>
  cluster?.insecure === true
    ? [
        {
          urgency: "soon",
          subject: path,
          text: `${path} does not verify its server (insecure-skip-tls-verify), so whoever answers at ${host} gets what its reader sends`,
          remedy: "remove insecure-skip-tls-verify and set certificate-authority-data",
        },
      ]
    : [];

/** kubeadm makes one on purpose, where `init` ran, for a cluster whose RBAC is broken. */
const isMeant = (node: NodeView, path: string): boolean => {
  const content = node.known.get(path)?.content;
  return content?.kind === "kubeconfig" && content.profile === "super-admin";
};

const MASTERS = /(?:^|[,+] ?)O=system:masters(?:$|[,+ ])/;

const masters = (node: NodeView, { path, client: [leaf] }: Entry, { now }: Cluster): Issue[] =>
  leaf === undefined || !MASTERS.test(leaf.subject) || isMeant(node, path) || Date.parse(leaf.notAfter) <= now.getTime()
    ? []
    : [
        {
          urgency: "notice",
          subject: path,
          text: `the client certificate in ${path} is of the group system:masters, which RBAC cannot limit, until ${day(leaf.notAfter)}`,
          remedy: "issue one of a group that a ClusterRoleBinding names, such as kubeadm:cluster-admins",
        },
      ];

const eachEntry = (issues: (node: NodeView, entry: Entry, cluster: Cluster) => Issue[]): Check["look"] =>
  eachNode((node, cluster) => {
    const all = judged(node, cluster).flatMap((entry) => issues(node, entry, cluster));
    // two kubeconfigs may name one certificate
    return unique(all.map(({ text }) => text)).flatMap((text) => all.find((issue) => issue.text === text) ?? []);
  });

export const KUBECONFIGS: readonly Check[] = [
  {
    id: "kubeconfig-untrusted",
    finds: "kubeconfigs whose CA has not signed the API server's certificate",
    look: eachEntry((_, entry, cluster) => untrusted(entry, cluster)),
  },
  {
    id: "kubeconfig-refused",
    finds: "client certificates of kubeconfigs and kubelets that no CA of the API server has signed",
    look: eachEntry((_, entry, cluster) => refused(entry, cluster)),
  },
  {
    id: "kubeconfig-insecure",
    finds: "kubeconfigs that do not verify their server",
    look: eachEntry((_, entry) => insecure(entry)),
  },
  {
    id: "kubeconfig-masters",
    finds: "client certificates of the group system:masters, other than super-admin.conf's",
    look: eachEntry(masters),
  },
];
