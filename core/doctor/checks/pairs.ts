/** Certificates of components against the CAs of those they talk to. */
import type { ConsumerInput } from "../../model/reload";
import type { CertificateFacts, FileFacts } from "../../survey/model";
import { certificateFiles, ofCluster, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { leadsTo } from "../signers";
import { andList, nodeList } from "../words";
import { unique } from "../../format/unique";

interface Pair {
  readonly leaf: ConsumerInput;
  readonly what: string;
  readonly cas: ConsumerInput;
  /** Who refuses it. */
  readonly by: string;
  /** On the node itself if it has such CAs; on every node that has. */
  readonly where: "own" | "every";
}

/** The kubeconfigs and the API server's own certificate are looked at in kubeconfigs.ts. */
const PAIRS: readonly Pair[] = [
  {
    leaf: "kube-apiserver/etcd-client",
    what: "kube-apiserver's client certificate",
    cas: "etcd/trusted-ca",
    by: "etcd",
    where: "own",
  },
  {
    leaf: "etcd/serving",
    what: "etcd's serving certificate",
    cas: "kube-apiserver/etcd-ca",
    by: "kube-apiserver",
    where: "every",
  },
  { leaf: "etcd/peer", what: "etcd's peer certificate", cas: "etcd/trusted-ca", by: "etcd", where: "every" },
  {
    leaf: "kube-apiserver/kubelet-client",
    what: "kube-apiserver's client certificate",
    cas: "kubelet/client-ca",
    by: "the kubelet",
    where: "every",
  },
  {
    leaf: "kube-apiserver/proxy-client",
    what: "the front proxy's client certificate",
    cas: "kube-apiserver/requestheader-ca",
    by: "every API server behind kube-apiserver",
    where: "own",
  },
  {
    leaf: "kubelet/serving",
    what: "the kubelet's serving certificate",
    cas: "kube-apiserver/kubelet-ca",
    by: "kube-apiserver",
    where: "every",
  },
];

/** etcd may have another CA for its peers. */
const casOf = (node: NodeView, { leaf, cas }: Pair): FileFacts[] => {
  const files = certificateFiles(node, cas);
  const ofPeers = files.filter(({ uses }) => uses.some(({ option }) => option.startsWith("peer-")));
  const ofClients = files.filter(({ uses }) => uses.some(({ option }) => !option.startsWith("peer-")));
  return leaf === "etcd/peer" && ofPeers.length > 0 ? ofPeers : ofClients;
};

const certificatesOf = (files: readonly FileFacts[]): CertificateFacts[] =>
  files.flatMap(({ certificates }) => certificates);

interface Verdict {
  readonly taking: readonly NodeView[];
  readonly refusing: readonly NodeView[];
}

/** Who of those that have such CAs takes a chain, and who does not. */
const verdict = (node: NodeView, pair: Pair, chain: readonly CertificateFacts[], cluster: Cluster): Verdict => {
  const asked = pair.where === "own" && casOf(node, pair).length > 0 ? [node] : cluster.nodes;
  const holders = asked.filter((other) => casOf(other, pair).length > 0);
  const takes = (other: NodeView) => leadsTo(chain, certificatesOf(casOf(other, pair)));
  return { taking: holders.filter(takes), refusing: holders.filter((other) => !takes(other)) };
};

/** Nobody takes it: the leaf is the odd one. */
const leavesRefused = (node: NodeView, cluster: Cluster): Issue[] =>
  PAIRS.flatMap((pair) =>
    certificateFiles(node, pair.leaf).flatMap(({ path, certificates }): Issue[] => {
      const [leaf] = certificates;
      const { taking, refusing } = verdict(node, pair, certificates, cluster);
      if (leaf === undefined || taking.length > 0 || refusing.length === 0) return [];
      const files = unique(refusing.flatMap((other) => casOf(other, pair)).map((file) => file.path));
      const on =
        refusing.length === 1 && refusing[0] === node ? "" : ` on ${nodeList(refusing.map(({ name }) => name))}`;
      return [
        {
          urgency: "now",
          subject: path,
          text: `${pair.by}${on} refuses ${path} (${pair.what}): no CA in ${andList(files)} has signed it`,
          remedy: `have it signed by a CA of that file, or add its CA ("${leaf.issuer}") there`,
        },
      ];
    }),
  );

const leavesByInput = ofCluster(
  ({ nodes }) =>
    new Map(
      PAIRS.map(({ leaf }) => [
        leaf,
        nodes.flatMap((node) => certificateFiles(node, leaf).map((file) => ({ node, file }))),
      ]),
    ),
);

const leavesOf = (cluster: Cluster, { leaf }: Pair) => leavesByInput(cluster).get(leaf) ?? [];

/** Others take it: the CA file of this node is the odd one. */
const signersLacking = (node: NodeView, cluster: Cluster): Issue[] =>
  PAIRS.flatMap((pair): Issue[] => {
    const [file] = casOf(node, pair);
    if (file === undefined || pair.where === "own") return [];
    const refused = leavesOf(cluster, pair)
      .filter(({ file: { certificates } }) => !leadsTo(certificates, certificatesOf(casOf(node, pair))))
      .filter(
        ({ node: other, file: { certificates } }) => verdict(other, pair, certificates, cluster).taking.length > 0,
      )
      .map(({ node: other, file: { certificates } }) => ({ name: other.name, issuer: certificates[0]?.issuer ?? "" }));
    if (refused.length === 0) return [];
    return [
      {
        urgency: "now",
        subject: file.path,
        text: `${pair.by} refuses ${pair.what} of ${nodeList(unique(refused.map(({ name }) => name)))}: no CA in ${file.path} has signed it, although other nodes accept it`,
        remedy: `add the CA that they have (${unique(refused.map(({ issuer }) => `"${issuer}"`)).join(", ")})`,
      },
    ];
  });

const notTrusted = (node: NodeView, cluster: Cluster): Issue[] => [
  ...leavesRefused(node, cluster),
  ...signersLacking(node, cluster),
];

export const PAIR_CHECKS: readonly Check[] = [
  {
    id: "not-trusted",
    finds: "certificates of components that the other side does not trust: etcd, its peers, kubelets, the front proxy",
    look: eachNode(notTrusted),
  },
];
