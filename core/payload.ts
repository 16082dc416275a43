/** Writes what a node reads: the payloads of docs/node-protocol.md. Nothing else knows their grammar. */
import { createHash } from "node:crypto";
import { hostPort } from "./addresses";
import { caKeyPart, caPart, signerPart, type AuthorityName } from "./authorities";
import type { Config } from "./config";
import { kubeconfigText } from "./kubeconfig";
import type { Content, FileRow, Proof } from "./layout";
import { checkedField, type FieldKind } from "./names";
import type { ClusterPlan, LeafPlan, NodePlan } from "./plan";
import type { ProfileName } from "./profileNames";
import { effectsOf, type Change } from "./effects";

type Verb = "request" | "apply" | "trust" | "check" | "cluster";

const checked = (kind: FieldKind) => (text: string) => checkedField(kind, text, `node protocol, ${kind}`);

/** Every field goes through its allow-list here, and again on the node: nothing unforeseen reaches a shell. */
export const as = {
  name: checked("name"),
  part: checked("part"),
  path: checked("path"),
  mode: checked("mode"),
  subject: checked("subject"),
  san: checked("san"),
  hostPort: checked("hostPort"),
};

export const framed = (verb: Verb, lines: readonly string[]): string => {
  const body = `${lines.join("\n")}\n`;
  const sum = createHash("sha256").update(body).digest("hex");
  return `kube-pki 1 ${verb} ${String(Buffer.byteLength(body))} ${sum}\n${body}`;
};

/** What makes a node create keys and signing requests for these leaves. */
export const requestPayload = (node: string, leaves: readonly LeafPlan[]): string =>
  framed("request", [
    `node ${as.name(node)}`,
    ...leaves.flatMap(({ profile, id, algorithm, commonName, organizations, sans }) => [
      `leaf ${profile} ${as.name(id)} ${algorithm}`,
      `cn ${profile} ${as.subject(commonName)}`,
      ...organizations.map((organization) => `o ${profile} ${as.subject(organization)}`),
      ...sans.map((san) => `san ${profile} ${as.san(san)}`),
    ]),
  ]);

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
  readonly leaves: Readonly<Partial<Record<ProfileName, IssuedLeaf>>>;
  /** The CA of each authority that signs, PEM. */
  readonly trust: Readonly<Record<AuthorityName, string>>;
  readonly caKeys: Readonly<Partial<Record<AuthorityName, string | undefined>>>;
  readonly serviceAccount?: { readonly privatePem: string; readonly publicPem: string } | undefined;
}

/** A part and its text. */
export const part = (name: string, text: string): string[] => {
  const lines = text.trimEnd().split("\n");
  return [`part ${as.part(name)} ${String(lines.length)}`, ...lines];
};

const b64 = (name: string): string => `@b64:${name}@`;
const unix = (at: string): string => String(Math.floor(Date.parse(at) / 1000));

const kubeconfigPart = (profile: ProfileName): string => `kubeconfig:${profile}`;

/** The parts a file is made of, one after another. */
const partsOf = (content: Exclude<Content, { kind: "link" }>): readonly string[] => {
  switch (content.kind) {
    case "certificate":
      return [`cert:${content.profile}`];
    case "key":
      return [`key:${content.profile}`];
    case "pair":
      return [`cert:${content.profile}`, `key:${content.profile}`];
    case "ca":
      return [caPart(content.authority)];
    case "caKey":
      return [caKeyPart(content.authority)];
    case "signer":
      return [signerPart(content.authority)];
    case "serviceAccount":
      return [`serviceaccount:${content.half}`];
    case "kubeconfig":
      return [kubeconfigPart(content.profile)];
  }
};

/** The text of a part, where it is not a leaf's certificate or key. */
const sharedPart = (content: Content, plan: NodePlan, config: Config, material: Material): string[] => {
  switch (content.kind) {
    case "ca":
      return part(caPart(content.authority), material.trust[content.authority]);
    case "signer":
      return part(signerPart(content.authority), material.trust[content.authority]);
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
          server: content.server === "local" ? hostPort(plan.node.address, 6443) : config.cluster.endpoint,
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
      return [];
  }
};

export const useLines = (row: FileRow, plan: NodePlan, config: Config, change?: Change): string[] =>
  effectsOf(row, plan, config, change).map(({ consumer, need }) => `use ${consumer} ${need} ${as.path(row.path)}`);

const proofLine = (consumer: string, proof: Proof, issued: ReadonlySet<ProfileName>): string[] => {
  if (proof.kind === "health") {
    const profile = proof.profile !== undefined && issued.has(proof.profile) ? proof.profile : "-";
    return [`health ${consumer} ${proof.scheme} ${as.hostPort(proof.at)} ${proof.path} ${profile}`];
  }
  if (!issued.has(proof.profile)) return [];
  return proof.kind === "served"
    ? [`served ${consumer} ${as.hostPort(proof.at)} ${proof.profile}`]
    : [`accepted ${consumer} ${as.hostPort(proof.at)} ${proof.path} ${proof.profile}`];
};

export const fileLine = ({ path, mode, content }: FileRow): string =>
  content.kind === "link"
    ? `link ${as.path(path)} ${as.name(content.target)}`
    : `file ${as.path(path)} ${as.mode(mode)} root root ${partsOf(content).map(as.part).join(",")}`;

export const uniqueParts = (parts: readonly (readonly string[])[]): string[] => {
  const seen = new Map(parts.flatMap((lines) => (lines[0] === undefined ? [] : [[lines[0], lines] as const])));
  return [...seen.values()].flat();
};

/**
 * The services of a node, how each proves itself, and what holds between them: where etcd and its API server restart
 * together the API server stops first, and no etcd member restarts while another one is down (design: one move).
 */
export const consumerLines = (plan: NodePlan, config: Config, leaves: ReadonlySet<ProfileName>): string[] => {
  const names = new Set(plan.consumers.map(({ name }) => name));
  const members = config.nodes.filter(({ name, roles }) => roles.includes("etcd") && name !== plan.node.name);
  return [
    ...plan.consumers.map(({ name, kind, unit }) => `consumer ${as.name(name)} ${kind} ${as.name(unit)}`),
    ...(names.has("etcd") && names.has("kube-apiserver") ? ["before etcd kube-apiserver"] : []),
    ...(names.has("etcd") ? members.map(({ address }) => `member etcd ${as.hostPort(hostPort(address, 2379))}`) : []),
    ...plan.consumers.flatMap(({ name, proofs }) =>
      proofs(plan.node, config).flatMap((proof) => proofLine(name, proof, leaves)),
    ),
  ];
};

/** The files of a node that hold what is trusted, and the part each holds. */
export const trustRows = (
  plan: NodePlan,
  { managesServiceAccount }: Pick<ClusterPlan, "managesServiceAccount">,
): { readonly row: FileRow; readonly part: string }[] =>
  plan.known.flatMap((row) => {
    const { content } = row;
    if (content.kind === "ca") return [{ row, part: caPart(content.authority) }];
    if (managesServiceAccount && content.kind === "serviceAccount" && content.half === "public")
      return [{ row, part: `serviceaccount:${content.half}` }];
    return [];
  });

/**
 * One node's whole set of files, who reads them, and how success is proven. Where authorities are rotated nothing is taken
 * away from what the node trusts: that is for the steps around this one. In ca.crt the signer comes first, since kubeadm
 * takes the first certificate for the CA; elsewhere the order stays, as another one would restart etcd for nothing.
 */
export const applyPayload = (
  cluster: Pick<ClusterPlan, "start" | "rotates" | "managesServiceAccount">,
  plan: NodePlan,
  config: Config,
  material: Material,
): string => {
  const issued = new Set(plan.leaves.map(({ profile }) => profile));
  const authorities = new Set(plan.leaves.map(({ authority }) => authority));
  const trusted = trustRows(plan, cluster);
  const leafLines = plan.leaves.flatMap(({ profile, id, authority }) => {
    const leaf = material.leaves[profile];
    if (leaf === undefined) throw new Error(`no certificate was issued for ${plan.node.name} ${profile}`);
    return [
      ...part(`cert:${profile}`, leaf.certificatePem),
      ...(leaf.keyPem === undefined ? [] : part(`key:${profile}`, leaf.keyPem)),
      `leaf ${profile} ${as.name(id)} ${unix(leaf.issued)} ${unix(leaf.expires)} ${caPart(authority)}`,
    ];
  });
  return framed("apply", [
    `node ${as.name(plan.node.name)}`,
    `start ${cluster.start}`,
    // every authority of a leaf is sent, so that the node can check the chain before it touches anything
    ...uniqueParts([
      ...[...authorities].map((authority) => part(caPart(authority), material.trust[authority])),
      ...plan.files.map(({ content }) => sharedPart(content, plan, config, material)),
    ]),
    ...leafLines,
    ...plan.files.map(fileLine),
    ...trusted.flatMap(({ row, part: name }) => guardLines(cluster, as.path(row.path), name)),
    ...(cluster.rotates ? [...new Set(trusted.map(({ part: name }) => name))] : []).map(
      (name) => `trust ${as.part(name)} ${name === caPart("kubernetes") ? "prepend" : "append"}`,
    ),
    ...plan.files.flatMap((row) => useLines(row, plan, config)),
    ...consumerLines(plan, config, issued),
  ]);
};

/** Another cluster's CA is never overwritten; where no step after this one retires any, none is dropped in silence. */
const guardLines = ({ rotates }: Pick<ClusterPlan, "rotates">, path: string, name: string): string[] =>
  name.startsWith("ca:") ? [`guard ${path} ${name}`, ...(rotates ? [] : [`only ${path} ${name}`])] : [];
