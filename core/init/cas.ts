/** The CAs that a cluster has: which they are, where their keys are, what is odd about them. */
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { ConsumerInput } from "../model/reload";
import type { CertificateFacts, FileFacts } from "../survey/model";
import { isSelfSigned, isSignedBy } from "../doctor/signers";
import { leavesOf, type Cas, type LiveLeaf } from "./live";
import type { FoundNode } from "./nodes";
import { unique } from "../format/unique";
import { filesFor } from "./visits";

/** By which files its CA is known, the first that a node has. */
const READ_AS: Readonly<Record<AuthorityName, readonly ConsumerInput[]>> = {
  kubernetes: ["kube-apiserver/client-ca", "kube-controller-manager/root-ca", "kubelet/client-ca"],
  etcd: ["etcd/trusted-ca", "kube-apiserver/etcd-ca"],
  frontProxy: ["kube-apiserver/requestheader-ca"],
};

/** What has to hold it too, as it verifies what the CA signs. */
const VERIFIES_BY: Readonly<Record<AuthorityName, readonly ConsumerInput[]>> = {
  kubernetes: ["kube-apiserver/kubelet-ca", "kube-controller-manager/client-ca"],
  etcd: [],
  frontProxy: ["kube-controller-manager/requestheader-ca"],
};

export const TITLES: Readonly<Record<AuthorityName, string>> = {
  kubernetes: "the cluster's CA",
  etcd: "etcd's CA",
  frontProxy: "the front proxy's CA",
};

/** A key on a node; nobody has read it. */
export interface KeyFile {
  readonly node: FoundNode;
  readonly path: string;
}

export interface FoundCa {
  readonly certificate: CertificateFacts;
  readonly key: KeyFile | undefined;
}

export type FoundCas = Readonly<Partial<Record<AuthorityName, FoundCa>>>;

const caFiles = (node: FoundNode, authority: AuthorityName, inputs = READ_AS[authority]): FileFacts[] =>
  inputs
    .flatMap((input) => filesFor(node.visit.survey, input, false))
    .filter(({ certificates }) => certificates.length > 0);

/** All that a node verifies certificates of an authority by. */
export const trustFiles = (node: FoundNode, authority: AuthorityName): FileFacts[] =>
  unique([...caFiles(node, authority), ...caFiles(node, authority, VERIFIES_BY[authority])]);

/** Files that are called as the key of a CA beside it: kubeadm's name, and kubespray's and cfssl's. */
const keysBeside = (nodes: readonly FoundNode[], { fingerprint }: CertificateFacts) =>
  nodes.flatMap((node) => {
    const { files } = node.visit.survey;
    const ends = files
      .filter(({ certificates }) => certificates.some((each) => each.fingerprint === fingerprint))
      .flatMap(({ path }) =>
        [".key", "-key.pem"].map((end) => path.replace(/\.[^./]+$/, end)).filter((key) => key !== path),
      );
    return files
      .filter(({ path, state }) => state === "file" && ends.includes(path))
      .map((file) => ({ node, path: file.path, isLocked: file.isLocked === true }));
  });

const keyOf = (nodes: readonly FoundNode[], ca: CertificateFacts): KeyFile | undefined => {
  const known = nodes.flatMap((node) =>
    node.visit.survey.files.filter(({ keys }) => keys.includes(ca.publicKey)).map(({ path }) => ({ node, path })),
  );
  // without openssl a node cannot tell what a key is: whoever reads it compares it with the certificate
  const [found] = [
    ...known,
    ...keysBeside(nodes, ca).filter(({ node: { visit } }) => visit.survey.host.openssl === undefined),
  ];
  return found && { node: found.node, path: found.path };
};

/** Its key as far as can be told: one that needs a passphrase. */
export const lockedKeyOf = (nodes: readonly FoundNode[], ca: CertificateFacts): KeyFile | undefined => {
  const found = keysBeside(nodes, ca).find(({ isLocked }) => isLocked);
  return found && { node: found.node, path: found.path };
};

/** The nearer of two, by the first of these that differs between them. */
const byRank =
  (rank: (ca: CertificateFacts) => readonly number[]) => (one: CertificateFacts, other: CertificateFacts) => {
    const [a, b] = [rank(one), rank(other)];
    return a.map((each, index) => (b[index] ?? 0) - each).find((difference) => difference !== 0) ?? 0;
  };

/**
 * Of several CAs in a file the one that signs: certificates in use are from it, its key is at hand. One key may have several
 * certificates: the root's own counts before one that another CA has signed for it, and the one that ends last.
 */
const signing = (
  authority: AuthorityName,
  nodes: readonly FoundNode[],
  leaves: readonly LiveLeaf[],
): FoundCa | undefined => {
  const known = nodes.flatMap((node) => caFiles(node, authority).flatMap(({ certificates }) => certificates));
  const different = known.filter(
    (ca, index) => known.findIndex(({ fingerprint }) => fingerprint === ca.fingerprint) === index,
  );
  const own = leavesOf(leaves, authority);
  const rank = (ca: CertificateFacts): readonly number[] => {
    const issued = own.filter(({ certificate }) => isSignedBy(certificate, ca)).length;
    return [
      Number(issued > 0),
      Number(keyOf(nodes, ca) !== undefined),
      issued,
      Number(isSelfSigned(ca)),
      Date.parse(ca.notAfter),
    ];
  };
  const [certificate] = [...different].sort(byRank(rank));
  return certificate && { certificate, key: keyOf(nodes, certificate) };
};

export const foundCas = (nodes: readonly FoundNode[], leaves: readonly LiveLeaf[]): FoundCas =>
  Object.fromEntries(
    AUTHORITIES.flatMap((name) => {
      const found = signing(name, nodes, leaves);
      return found === undefined ? [] : [[name, found]];
    }),
  );

export const casOf = (found: FoundCas): Cas =>
  Object.fromEntries(
    AUTHORITIES.flatMap((name) => (found[name] === undefined ? [] : [[name, found[name].certificate]])),
  );
