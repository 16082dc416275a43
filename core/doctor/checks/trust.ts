/** Which CAs are where, and what they are for. */
import type { ConsumerInput } from "../../model/reload";
import type { CertificateFacts, FileFacts } from "../../survey/model";
import { certificateFiles, componentOn, nodesWith, ofCluster, valuesOf, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { heldLeaves, quoted } from "../held";
import { apiServerChain, clientCas, judged } from "../kubeconfigs";
import { isSignedBy, leadsTo } from "../signers";
import { andList, nodeList } from "../words";
import { unique } from "../../format/unique";

const certificatesOf = (files: readonly FileFacts[]): CertificateFacts[] =>
  files.flatMap(({ certificates }) => certificates);

/** Where disjoint sets are told of by another check, since the leaf of one side is refused by the other. */
const SAME_EVERYWHERE: readonly { readonly input: ConsumerInput; readonly what: string; readonly disjoint: boolean }[] =
  [
    { input: "kube-apiserver/client-ca", what: "the API servers' client CAs", disjoint: false },
    { input: "kubelet/client-ca", what: "the kubelets' client CAs", disjoint: false },
    { input: "etcd/trusted-ca", what: "etcd's CAs", disjoint: false },
    { input: "kube-apiserver/requestheader-ca", what: "the front proxy's CAs", disjoint: true },
    { input: "kube-controller-manager/root-ca", what: "the CAs given to pods", disjoint: false },
  ];

const keysOf = (node: NodeView, input: ConsumerInput): string[] =>
  unique(certificatesOf(certificateFiles(node, input)).map(({ publicKey }) => publicKey)).sort();

/** Nodes by the CAs they have for an input. */
const bySet = ofCluster(({ nodes }) => {
  const groups = new Map<ConsumerInput, Map<string, NodeView[]>>();
  for (const { input } of SAME_EVERYWHERE) {
    const sets = new Map<string, NodeView[]>();
    for (const node of nodes) {
      const set = keysOf(node, input).join(" ");
      sets.set(set, [...(sets.get(set) ?? []), node]);
    }
    groups.set(input, sets);
  }
  return groups;
});

const differ = (node: NodeView, cluster: Cluster): Issue[] =>
  SAME_EVERYWHERE.flatMap(({ input, what, disjoint }): Issue[] => {
    const [file] = certificateFiles(node, input);
    const own = keysOf(node, input);
    if (file === undefined || own.length === 0) return [];
    const others = [...(bySet(cluster).get(input) ?? [])].flatMap(([set, nodes]) => {
      const theirs = set.split(" ");
      const more = set !== "" && theirs.some((key) => !own.includes(key));
      return more && (disjoint || theirs.some((key) => own.includes(key))) ? nodes : [];
    });
    if (others.length === 0) return [];
    const lacking = others
      .flatMap((other) => certificatesOf(certificateFiles(other, input)))
      .filter(({ publicKey }) => !own.includes(publicKey));
    return [
      {
        urgency: "soon",
        subject: file.path,
        text: `${what} differ: ${file.path} lacks ${andList(unique(lacking.map(quoted)))}, which ${nodeList(others.map(({ name }) => name))} ${others.length === 1 ? "has" : "have"}`,
        remedy: "finish the rotation that began, or put the same CAs on every node",
      },
    ];
  });

const shares = (node: NodeView, a: ConsumerInput, b: ConsumerInput): FileFacts[] => {
  const keys = keysOf(node, b);
  return certificateFiles(node, a).filter(({ certificates }) =>
    certificates.some(({ publicKey }) => keys.includes(publicKey)),
  );
};

const clientKeys = ofCluster(({ nodes }) => new Set(nodes.flatMap((node) => keysOf(node, "kube-apiserver/client-ca"))));

const etcdCaShared = (node: NodeView, cluster: Cluster): Issue[] =>
  certificateFiles(node, "etcd/trusted-ca")
    .filter(({ certificates }) => certificates.some(({ publicKey }) => clientKeys(cluster).has(publicKey)))
    .slice(0, 1)
    .map(({ path }) => ({
      urgency: "notice",
      subject: path,
      text: `etcd trusts the CA of the cluster's clients (${path}), so every node and user with a client certificate can read and write etcd`,
      remedy: "give etcd a CA of its own",
      source: "CIS 2.7",
    }));

const requestHeaderCaShared = (node: NodeView): Issue[] => {
  const server = componentOn(node, "kube-apiserver");
  return shares(node, "kube-apiserver/requestheader-ca", "kube-apiserver/client-ca").map(({ path }) => {
    const anybody = valuesOf(server, "requestheader-allowed-names").length === 0;
    return {
      urgency: anybody ? "now" : "notice",
      subject: path,
      text: anybody
        ? `the front proxy's CA ${path} signs clients too and --requestheader-allowed-names is empty, so every client certificate can act as any user`
        : `the front proxy's CA ${path} signs clients too: whoever gets a certificate of an allowed name from it can act as any user`,
      remedy: anybody
        ? "set --requestheader-allowed-names=front-proxy-client, then give the front proxy a CA of its own"
        : "give the front proxy a CA of its own",
    };
  });
};

/** What kube-controller-manager signs for kubelets has to be accepted. */
const signingCa = (node: NodeView, cluster: Cluster): Issue[] =>
  certificateFiles(node, "kube-controller-manager/signing").flatMap(({ path, certificates: [ca] }): Issue[] => {
    const refused = nodesWith(cluster, "kube-apiserver").filter((server) => {
      const trusted = clientCas(server);
      return ca !== undefined && trusted.length > 0 && !leadsTo([ca], trusted);
    });
    if (refused.length === 0) return [];
    return [
      {
        urgency: "now",
        subject: path,
        text: `kube-controller-manager signs with ${path}, and kube-apiserver on ${nodeList(refused.map(({ name }) => name))} trusts no client of that CA, so kubelets get certificates that are refused`,
        remedy: "add that CA to --client-ca-file, or have the controller manager sign with the CA that is there",
      },
    ];
  });

const leavesAnywhere = ofCluster((cluster) =>
  cluster.nodes.flatMap((node) => [
    ...heldLeaves(node, cluster).map(({ certificate }) => certificate),
    ...judged(node, cluster).flatMap(({ client }) => client),
    ...apiServerChain(node),
  ]),
);

/** A CA whose clients are let in although it has signed nothing that is in use. */
const unusedCa = (node: NodeView, cluster: Cluster): Issue[] => {
  const signing = nodesWith(cluster, "kube-controller-manager").flatMap((each) =>
    keysOf(each, "kube-controller-manager/signing"),
  );
  const isUnused = (ca: CertificateFacts): boolean =>
    Date.parse(ca.notAfter) > cluster.now.getTime() &&
    !signing.includes(ca.publicKey) &&
    !leavesAnywhere(cluster).some((leaf) => leaf.fingerprint !== ca.fingerprint && isSignedBy(leaf, ca));
  return certificateFiles(node, "kube-apiserver/client-ca").flatMap(({ path, certificates }) =>
    certificates
      .filter((ca) => certificates.length > 1 && isUnused(ca))
      .map((ca) => ({
        urgency: "notice" as const,
        subject: path,
        text: `${quoted(ca)} in ${path} has signed nothing that was found, and kube-apiserver lets in whoever has a client certificate of it`,
        remedy: "take it out of the file if no client outside these nodes needs it",
      })),
  );
};

export const TRUST: readonly Check[] = [
  {
    id: "signing-ca",
    finds: "a controller manager that signs with a CA whose clients the API server does not let in",
    look: eachNode(signingCa),
  },
  {
    id: "requestheader-ca-shared",
    finds: "a front proxy whose CA signs clients too",
    look: eachNode(requestHeaderCaShared),
  },
  { id: "ca-differs", finds: "nodes that lack a CA which others have", look: eachNode(differ) },
  { id: "etcd-ca-shared", finds: "an etcd that trusts the CA of the cluster's clients", look: eachNode(etcdCaShared) },
  { id: "ca-unused", finds: "client CAs that have signed nothing", look: eachNode(unusedCa) },
];
