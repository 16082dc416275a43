/** Writes the payload of the verb `apply` (docs/node-protocol.md). */
import type { CsrSignerPlan } from "../authorities/nodeCsrSigners";
import { canSign, issuerOf, stateOf } from "../authorities/rotation";
import { kubeconfigText } from "../certificates/kubeconfig";
import type { AuthorityName } from "../model/authorities";
import { ROTATABLE, type Rotatable } from "../model/phases";
import type { LeafName } from "../model/profiles";
import { LAYOUTS } from "../layouts";
import { profileOf, type Content } from "../layouts/layout";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { consumerLines, readerLines } from "./consumerLines";
import {
  allowLines,
  as,
  backupLines,
  fileLine,
  framed,
  haveLines,
  kubeconfigPart,
  leafRows,
  part,
  readsLines,
  serverLines,
  serverOf,
  trustGenerationPart,
  trustPart,
  trustRows,
  uniqueParts,
  useLines,
} from "./lines";
import { caKeyPart, caPart, csrSignerPart } from "./parts";

/** A certificate as issued. */
export interface IssuedLeaf {
  readonly certificatePem: string;
  /** The key in PEM when it is in the stack's state; undefined when it is on the node. */
  readonly keyPem?: string | undefined;
  /** ISO 8601. */
  readonly issued: string;
  /** ISO 8601. */
  readonly expires: string;
}

/** Everything a node's apply needs beyond the plan. */
export interface Material {
  readonly leaves: Readonly<Partial<Record<LeafName, IssuedLeaf>>>;
  /** The CA of each authority that signs, PEM. */
  readonly trust: Readonly<Record<AuthorityName, string>>;
  /** The CA or public key a rotation leads to while the old one still signs, PEM. */
  readonly next?: Readonly<Partial<Record<Rotatable, string | undefined>>> | undefined;
  readonly caKeys: Readonly<Partial<Record<AuthorityName, string | undefined>>>;
  /** Whose keys those are, where that is not the CA itself, PEM. */
  readonly csrSigners?: Readonly<Partial<Record<AuthorityName, string | undefined>>> | undefined;
  /** The controller manager's own, where its key was made on this node. */
  readonly nodeCsrSigner?: IssuedLeaf | undefined;
  readonly serviceAccount?: { readonly privatePem?: string | undefined; readonly publicPem: string } | undefined;
}

const b64 = (name: string): string => `@b64:${name}@`;
const unix = (at: string): string => String(Math.floor(Date.parse(at) / 1000));

/** The text of a part, where it is not a leaf's certificate or key. */
const sharedPart = (content: Content, plan: NodePlan, config: Config, material: Material): string[] => {
  switch (content.kind) {
    case "ca":
      return part(caPart(content.authority), material.trust[content.authority]);
    case "csrSigner":
      return part(
        csrSignerPart(content.authority),
        material.nodeCsrSigner?.certificatePem ??
          material.csrSigners?.[content.authority] ??
          material.trust[content.authority],
      );
    case "caKey":
      return part(caKeyPart(content.authority), material.caKeys[content.authority] ?? "");
    case "serviceAccount":
      return part(
        `serviceaccount:${content.half}`,
        material.serviceAccount?.[content.half === "private" ? "privatePem" : "publicPem"] ?? "",
      );
    case "kubeconfig":
      return part(
        kubeconfigPart(content.profile),
        kubeconfigText({
          cluster: config.cluster.name,
          user: plan.leaves.find(({ profile }) => profile === content.profile)?.commonName ?? content.profile,
          server: serverOf(content.server, plan, config),
          caData: b64(caPart("kubernetes")),
          credentials:
            content.credentials === "inline"
              ? { certificateData: b64(`cert:${content.profile}`), keyData: b64(`key:${content.profile}`) }
              : content.credentials,
        }),
      );
    case "certificate":
    case "key":
    case "pair":
    case "link":
    case "csrSignerKey":
      return [];
  }
};

/**
 * One node's whole set of files, who reads them, and how success is proven. During a rotation it removes nothing from what
 * the node trusts: the step `retire` does that.
 */
export const applyPayload = (
  cluster: Pick<ClusterPlan, "rotates" | "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
  material: Material,
): string => {
  const issued = new Set(plan.leaves.map(({ profile }) => profile));
  const authorities = new Set(plan.leaves.map(({ authority }) => authority));
  const trusted = trustRows(plan, cluster);
  const kubeconfigs = plan.files.filter(({ content }) => content.kind === "kubeconfig");
  const next = nextOf(config, material);
  const others = leafRows(plan, config).filter((row) => profileOf(row).some((profile) => !issued.has(profile)));
  const leaves = new Set([...issued, ...others.flatMap(profileOf)]);
  const signs = issuerOf(stateOf(config, "kubernetes"));
  const issuedLeaves = [
    ...plan.leaves.map((leaf) => issuedLines(plan, leaf, material.leaves[leaf.profile])),
    ...plan.csrSigners
      .filter(({ generation }) => generation === signs)
      .map((csrSigner) => issuedLines(plan, { ...csrSigner, authority: "kubernetes" }, material.nodeCsrSigner)),
  ];
  return framed("apply", [
    `node ${as.name(plan.node.name)}`,
    `start ${plan.start}`,
    ...backupLines(config),
    // every authority of a leaf is sent, so that the node can check the chain before it touches anything
    ...uniqueParts([
      ...[...authorities].map((authority) => part(caPart(authority), material.trust[authority])),
      ...plan.files.map(({ content }) => sharedPart(content, plan, config, material)),
      ...trusted.flatMap(({ part: name }) => {
        const after = next.get(name);
        return after === undefined ? [] : [part(after.name, after.text)];
      }),
    ]),
    ...issuedLeaves.flat(),
    ...plan.leaves.flatMap(({ profile }) => allowLines(profile, config)),
    ...plan.files.map(fileLine),
    ...kubeconfigs.map(({ path }) => `keep ${as.path(path)} ${caPart("kubernetes")}`),
    ...serverLines(kubeconfigs, plan, config),
    ...trusted.flatMap(({ row, part: name }) => guardLines(cluster, as.path(row.path), name)),
    ...(cluster.rotates ? [...new Set(trusted.map(({ part: name }) => name))] : []).map(
      (name) => `trust ${as.part(name)} ${hasIssuerFirst(name, config) ? "prepend" : "append"}`,
    ),
    ...plan.files.flatMap((row) => [...useLines(row, plan, config), ...readsLines(row, plan, config)]),
    // a leaf that the stack does not manage proves its service too, as the node has it
    ...haveLines(others, [], config),
    ...consumerLines(plan, config, leaves, true),
    ...readerLines(plan, config, leaves),
  ]);
};

/**
 * kubeadm, and people who sign by hand, take the first certificate of ca.crt for the one that ca.key belongs to. Where etcd reads
 * that file too, at its start alone, another order would restart it: it stays there, unless kubeadm is to find its CA.
 */
const hasIssuerFirst = (name: string, config: Config): boolean =>
  name === caPart("kubernetes") &&
  canSign(config, "kubernetes") &&
  (!config.authority.oneCa || LAYOUTS[config.layout].publishesClusterInfo);

/** The lines of one certificate; its key is in the payload or on the node. */
const issuedLines = (
  { node }: Pick<NodePlan, "node">,
  { profile, id, authority }: Pick<CsrSignerPlan, "profile" | "id"> & { readonly authority: AuthorityName },
  issued: IssuedLeaf | undefined,
): string[] => {
  if (issued === undefined) throw new Error(`no certificate was issued for ${node.name} ${profile}`);
  return [
    ...part(`cert:${profile}`, issued.certificatePem),
    ...(issued.keyPem === undefined ? [] : part(`key:${profile}`, issued.keyPem)),
    `leaf ${profile} ${as.name(id)} ${unix(issued.issued)} ${unix(issued.expires)} ${caPart(authority)}`,
  ];
};

/** The target of a rotation, under a name of its own, by the name of the part that is trusted now. */
type Next = ReadonlyMap<string, { readonly name: string; readonly text: string }>;

/**
 * While the old one signs, the payload names the CA or token key that comes next. So it differs from the payload before the
 * rotation, and aborting the rotation runs the step on every node again: a node may hold a leaf or key of the new generation
 * that the state does not have, because that run was killed.
 */
const nextOf = (config: Config, { next = {} }: Material): Next =>
  new Map(
    ROTATABLE.flatMap((what) => {
      const text = next[what];
      const { generation } = stateOf(config, what);
      return text === undefined
        ? []
        : [[trustPart(what), { name: trustGenerationPart(what, generation), text }] as const];
    }),
  );

/**
 * Another cluster's CA or token key is never overwritten, nor is one restored that the other nodes have retired: a node
 * must trust the issuer before it gets leaves of it. Without a step that retires, nothing is removed silently.
 */
const guardLines = ({ rotates }: Pick<ClusterPlan, "rotates">, path: string, name: string): string[] => [
  `guard ${path} ${name}`,
  ...(rotates ? [] : [`only ${path} ${name}`]),
];
