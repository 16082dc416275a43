/** Keys of CAs, keys that are too weak, and what nobody reads. */
import type { CertificateFacts, FileFacts } from "../../survey/model";
import { certificateFiles, componentOn, ofCluster, usesInput, type Cluster, type NodeView } from "../cluster";
import { eachNode, type Check, type Issue } from "../finding";
import { heldCas, heldLeaves, isInUse, quoted } from "../held";
import { insecureDigest } from "../signers";
import { day, nodeList } from "../words";
import { unique } from "../../format/unique";

const casByKey = ofCluster(
  ({ nodes }) =>
    new Map(
      nodes
        .flatMap(({ survey }) => survey.files)
        .flatMap(({ certificates }) => certificates)
        .filter(({ isCa }) => isCa)
        .map((ca) => [ca.publicKey, ca]),
    ),
);

/** The CA whose key a file holds. */
const caOf = ({ keys }: FileFacts, cluster: Cluster): CertificateFacts | undefined =>
  keys.flatMap((key) => casByKey(cluster).get(key) ?? [])[0];

/** kubeadm keeps them on control planes, and etcd's on members too, to renew and join with. */
const mayHoldCaKeys = (node: NodeView): boolean =>
  (["kube-apiserver", "kube-controller-manager", "etcd"] as const).some(
    (name) => componentOn(node, name) !== undefined,
  );

const strewn = (node: NodeView, cluster: Cluster): Issue[] =>
  mayHoldCaKeys(node)
    ? []
    : node.survey.files.flatMap((file): Issue[] => {
        const ca = caOf(file, cluster);
        // the kubelet's own little CA signs one certificate and has no key on disk
        return ca === undefined || usesInput(file, "kubelet/serving")
          ? []
          : [
              {
                urgency: "soon",
                subject: file.path,
                text: `${file.path} is the key of the CA ${quoted(ca)}, on a node that is neither control plane nor etcd member: whoever gets it can be anybody`,
                remedy: "destroy it there (`shred -u`) once another copy is known to be safe",
              },
            ];
      });

const keyBeside = (node: NodeView, { path }: FileFacts): FileFacts | undefined =>
  node.survey.files.find((file) => file.path === path.replace(/\.(?:crt|pem)$/, ".key") && file.path !== path);

/** `kubeadm certs renew` signs with the first certificate of the file and the key beside it. */
const caKeyDiffers = (node: NodeView): Issue[] =>
  node.survey.files.flatMap((file): Issue[] => {
    const [ca] = file.certificates;
    const key = keyBeside(node, file);
    if (ca?.isCa !== true || key === undefined || key.keys.length === 0 || key.keys.includes(ca.publicKey)) return [];
    // told of as a pair that does not fit
    if (usesInput(key, "kube-controller-manager/signing")) return [];
    return [
      {
        urgency: "soon",
        subject: key.path,
        text: `${key.path} is not the key of the first CA in ${file.path}, so \`kubeadm certs renew\` and joining control planes fail with it`,
        remedy: "remove a key that a rotation has left behind, or put the CA of the key first in the file",
      },
    ];
  });

/** pkg/controller/certificates/signer/ca_provider.go */
const signingBundle = (node: NodeView): Issue[] =>
  certificateFiles(node, "kube-controller-manager/signing")
    .filter(({ certificates }) => certificates.length > 1)
    .map(({ path, certificates }) => ({
      urgency: "now",
      subject: path,
      text: `kube-controller-manager signs with ${path}, which must hold one certificate and holds ${String(certificates.length)}, so it will not start again or goes on with the CA it has in memory`,
      remedy:
        "give it a file of its own with one certificate (--cluster-signing-cert-file, --cluster-signing-key-file)",
      source: "kubernetes/kubeadm#1350",
    }));

const WEAK = /^(?:RSA-(?<bits>\d+)|DSA.*)$/;

const weakKey = (node: NodeView, cluster: Cluster): Issue[] =>
  [...heldLeaves(node, cluster), ...heldCas(node, cluster)].flatMap(({ certificate, place, path }): Issue[] => {
    const match = WEAK.exec(certificate.algorithm);
    if (match === null || Number(match.groups?.["bits"] ?? 0) >= 2048) return [];
    return [
      {
        urgency: "soon",
        subject: path,
        text: `${place} has a key of ${certificate.algorithm}, which is too weak`,
        remedy: "renew it with a new key: ECDSA-P256, or RSA of 2048 bits and more",
        source: "NIST SP 800-57",
      },
    ];
  });

const weakDigest = (node: NodeView, cluster: Cluster): Issue[] =>
  [...heldLeaves(node, cluster), ...heldCas(node, cluster)].flatMap(({ certificate, place, path }): Issue[] => {
    const digest = insecureDigest(certificate);
    return digest === undefined
      ? []
      : [
          {
            urgency: "now",
            subject: path,
            text: `${place} is signed with ${digest}, and the components refuse such signatures (Go's crypto/x509)`,
            remedy: "have it signed again with SHA-256",
          },
        ];
  });

/** Keys of CAs have checks of their own. */
const isCaKey = (node: NodeView, file: FileFacts, cluster: Cluster): boolean =>
  caOf(file, cluster) !== undefined ||
  node.survey.files.some((other) => other.certificates[0]?.isCa === true && keyBeside(node, other) === file);

const ROTATED = /\/kubelet-(?:client|server)-\d{4}-[^/]*\.pem$/;

/** Folders with a key in use, and those of layouts: a folder of CA certificates alone is the system's. */
const pkiFolders = (node: NodeView): string[] => {
  const inUse = node.survey.files.filter((file) => isInUse(node, file) && file.keys.length > 0);
  return unique([...inUse.map(({ path }) => path), ...node.known.keys()].map((path) => path.replace(/\/[^/]*$/, "")));
};

const unused = (node: NodeView, cluster: Cluster): Issue[] => {
  const folders = pkiFolders(node);
  const named = new Set(
    node.survey.kubeconfigs.flatMap(({ users, clusters }) => [
      ...users.flatMap(({ certificateFile, keyFile }) => [certificateFile, keyFile]),
      ...clusters.map(({ authorityFile }) => authorityFile),
    ]),
  );
  const targets = new Set(node.survey.files.filter((file) => isInUse(node, file)).map(({ real }) => real));
  return node.survey.files.flatMap((file): Issue[] => {
    const { path, certificates, keys, state } = file;
    const [certificate] = certificates;
    if (state !== "file" || !folders.some((folder) => path.startsWith(`${folder}/`))) return [];
    if (isInUse(node, file) || named.has(path) || targets.has(path) || ROTATED.test(path)) return [];
    if (certificate === undefined && (keys.length === 0 || isCaKey(node, file, cluster))) return [];
    return [
      {
        urgency: "notice",
        subject: path,
        text:
          certificate === undefined
            ? `no component reads the private key ${path}`
            : `no component reads ${path} (${certificate.subject || "no subject"}, until ${day(certificate.notAfter)})`,
        remedy: "remove it if nothing else needs it",
      },
    ];
  });
};

/** The same key on several nodes: a copy, where each should have its own. */
const COPIED = ["kube-apiserver/serving", "etcd/serving", "etcd/peer", "kubelet/serving"] as const;

const holdersByKey = ofCluster(({ nodes }) => {
  const holders = new Map<string, string[]>();
  for (const node of nodes)
    for (const key of unique(
      certificateFiles(node, ...COPIED).flatMap(({ certificates: [leaf] }) => leaf?.publicKey ?? []),
    ))
      holders.set(key, [...(holders.get(key) ?? []), node.name]);
  return holders;
});

const copied = (node: NodeView, cluster: Cluster): Issue[] =>
  certificateFiles(node, ...COPIED).flatMap(({ path, certificates: [leaf] }): Issue[] => {
    const holders = holdersByKey(cluster).get(leaf?.publicKey ?? "") ?? [];
    if (holders.length < 2) return [];
    return [
      {
        urgency: "notice",
        subject: path,
        text: `${path} has the same key on ${nodeList(holders)}, so whoever gets it from one can be all of them`,
        remedy: "issue one for each node, with its own names",
      },
    ];
  });

/** Without key identifiers OpenSSL tries the first of a name alone. */
const sameName = (node: NodeView): Issue[] =>
  node.survey.files.flatMap(({ path, certificates }): Issue[] => {
    const cas = certificates.filter(({ isCa, keyId }) => isCa && keyId === "");
    const twice = cas.find((ca, index) =>
      cas.slice(0, index).some((other) => other.subject === ca.subject && other.publicKey !== ca.publicKey),
    );
    if (twice === undefined) return [];
    return [
      {
        urgency: "soon",
        subject: path,
        text: `${path} holds two CAs of the name ${quoted(twice)} without subject key identifiers, and clients that use OpenSSL try only the first`,
        remedy: "give each CA a name of its own",
        source: "openssl/openssl#16304",
      },
    ];
  });

export const KEYS: readonly Check[] = [
  {
    id: "signing-bundle",
    finds: "a signing certificate of the controller manager in a file of several",
    look: eachNode(signingBundle),
  },
  { id: "weak-digest", finds: "certificates signed with SHA-1, MD5 or MD2", look: eachNode(weakDigest) },
  { id: "weak-key", finds: "RSA keys under 2048 bits, and DSA", look: eachNode(weakKey) },
  {
    id: "ca-key-strewn",
    finds: "keys of CAs on nodes that are neither control planes nor etcd members",
    look: eachNode(strewn),
  },
  { id: "ca-key-differs", finds: "keys beside a CA that are another CA's", look: eachNode(caKeyDiffers) },
  { id: "ca-same-name", finds: "files with two CAs of one name and no key identifiers", look: eachNode(sameName) },
  { id: "key-copied", finds: "serving and peer keys that several nodes share", look: eachNode(copied) },
  {
    id: "file-unused",
    finds: "certificates and keys in the folders of the PKI that nobody reads",
    look: eachNode(unused),
  },
];
