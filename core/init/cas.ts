/** The CAs that a cluster has: which they are, where their keys are, what is odd about them. */
import { AUTHORITIES, type AuthorityName } from "../model/authorities";
import type { ConsumerInput } from "../model/reload";
import type { CertificateFacts, FileFacts } from "../survey/model";
import { isIssuedBy, leavesOf, type Cas, type LiveLeaf } from "./live";
import type { FoundNode } from "./nodes";
import { remark, together, type Remark } from "./remarks";
import { filesFor } from "./visits";

/** By which files its CA is known, the first that a node has. */
const READ_AS: Readonly<Record<AuthorityName, readonly ConsumerInput[]>> = {
  kubernetes: ["kube-apiserver/client-ca", "kube-controller-manager/root-ca", "kubelet/client-ca"],
  etcd: ["etcd/trusted-ca", "kube-apiserver/etcd-ca"],
  frontProxy: ["kube-apiserver/requestheader-ca"],
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

const caFiles = (node: FoundNode, authority: AuthorityName): FileFacts[] =>
  READ_AS[authority]
    .flatMap((input) => filesFor(node.visit.survey, input, false))
    .filter(({ certificates }) => certificates.length > 0);

const keyOf = (nodes: readonly FoundNode[], { publicKey, fingerprint }: CertificateFacts): KeyFile | undefined => {
  const all = nodes.flatMap((node) => node.visit.survey.files.map((file) => ({ node, file })));
  const [found] = [
    ...all.filter(({ file: { keys } }) => keys.includes(publicKey)),
    // without openssl a node cannot tell what a key is: whoever reads it compares it with the certificate
    ...all.filter(
      ({ node: { visit }, file: { path, state } }) =>
        visit.survey.host.openssl === undefined &&
        state === "file" &&
        visit.survey.files.some(
          (ca) =>
            // kubeadm's name, and kubespray's
            [".key", "-key.pem"].some((end) => ca.path.replace(/\.[^./]+$/, end) === path) &&
            ca.path !== path &&
            ca.certificates.some((each) => each.fingerprint === fingerprint),
        ),
    ),
  ];
  return found && { node: found.node, path: found.file.path };
};

/** Of several CAs in a file the one that signs: certificates in use are from it, and its key is at hand. */
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
  const score = (ca: CertificateFacts): number =>
    2 * Number(own.some(({ certificate }) => isIssuedBy(certificate, ca))) + Number(keyOf(nodes, ca) !== undefined);
  const [certificate] = [...different].sort((a, b) => score(b) - score(a));
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

/** What is odd about the CAs as they are. */
export const caRemarks = (found: FoundCas, nodes: readonly FoundNode[], oneCa: boolean): Remark[] => {
  const said = AUTHORITIES.flatMap((name) => {
    const own = found[name]?.certificate;
    if (own === undefined) return [];
    return nodes.flatMap((node) =>
      caFiles(node, name).flatMap(({ path, certificates }) => [
        ...(certificates.some(({ fingerprint }) => fingerprint === own.fingerprint)
          ? []
          : [
              {
                kind: "refused" as const,
                node: node.name,
                text: `${path} does not hold ${TITLES[name]} that other nodes have (${own.subject})`,
              },
            ]),
        ...certificates
          .filter(({ fingerprint }) => fingerprint !== own.fingerprint)
          .map(({ subject }) => ({
            kind: "left" as const,
            node: node.name,
            text: `${path} also trusts ${subject}, which stays there and is no CA of the stack`,
          })),
      ]),
    );
  });
  const shared = AUTHORITIES.filter((name, index) =>
    AUTHORITIES.some(
      (other, at) =>
        at < index &&
        found[name] !== undefined &&
        found[name].certificate.publicKey === found[other]?.certificate.publicKey,
    ),
  );
  return [
    ...(["refused", "left"] as const).flatMap((kind) =>
      together(
        kind,
        said.filter((each) => each.kind === kind),
      ),
    ),
    ...(shared.length === 0
      ? []
      : [
          remark(
            "left",
            `one CA (${found[shared[0] ?? "etcd"]?.certificate.subject ?? ""}) is ${TITLES.kubernetes} and ${shared.map((name) => TITLES[name]).join(" and ")}: whoever has a certificate for one may use it for the other; ${oneCa ? "it lies in one file, so a rotation replaces it by one again (authority.oneCa, docs/fleet.md)" : "a rotation gives each a CA of its own"}`,
          ),
        ]),
    ...AUTHORITIES.filter((name) => found[name] === undefined).map((name) =>
      remark("unfound", `${TITLES[name]}: no component names a file of it`),
    ),
  ];
};
