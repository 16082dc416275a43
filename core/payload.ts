/** Writes what a node reads: the payloads of docs/node-protocol.md. Nothing else knows their grammar. */
import { createHash } from "node:crypto";
import { hostPort } from "./addresses";
import { caKeyPart, caPart, type AuthorityName } from "./authorities";
import type { Config } from "./config";
import { kubeconfigText } from "./kubeconfig";
import type { Content, FileRow, Proof } from "./layout";
import { checkedField, type FieldKind } from "./names";
import type { ClusterPlan, LeafPlan, NodePlan } from "./plan";
import type { ProfileName } from "./profileNames";
import { effectsOf } from "./effects";

type Verb = "request" | "apply";

const checked = (kind: FieldKind) => (text: string) => checkedField(kind, text, `node protocol, ${kind}`);

/** Every field goes through its allow-list here, and again on the node: nothing unforeseen reaches a shell. */
const as = {
  name: checked("name"),
  part: checked("part"),
  path: checked("path"),
  mode: checked("mode"),
  subject: checked("subject"),
  san: checked("san"),
  hostPort: checked("hostPort"),
};

const framed = (verb: Verb, lines: readonly string[]): string => {
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
  /** Trusted certificates of each authority, PEM. */
  readonly trust: Readonly<Record<AuthorityName, string>>;
  readonly caKeys: Readonly<Partial<Record<AuthorityName, string | undefined>>>;
  readonly serviceAccount?: { readonly privatePem: string; readonly publicPem: string } | undefined;
}

const part = (name: string, text: string): string[] => {
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

const useLines = (row: FileRow, plan: NodePlan, config: Config): string[] =>
  effectsOf(row, plan, config).map(({ consumer, need }) => `use ${consumer} ${need} ${as.path(row.path)}`);

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

const fileLine = ({ path, mode, content }: FileRow): string =>
  content.kind === "link"
    ? `link ${as.path(path)} ${as.name(content.target)}`
    : `file ${as.path(path)} ${as.mode(mode)} root root ${partsOf(content).map(as.part).join(",")}`;

const uniqueParts = (parts: readonly (readonly string[])[]): string[] => {
  const seen = new Map(parts.flatMap((lines) => (lines[0] === undefined ? [] : [[lines[0], lines] as const])));
  return [...seen.values()].flat();
};

/** One node's whole set of files, who reads them, and how success is proven. */
export const applyPayload = (
  cluster: Pick<ClusterPlan, "start">,
  plan: NodePlan,
  config: Config,
  material: Material,
): string => {
  const issued = new Set(plan.leaves.map(({ profile }) => profile));
  const authorities = new Set(plan.leaves.map(({ authority }) => authority));
  const caRows = plan.files.flatMap(({ path, content }) =>
    content.kind === "ca" ? [{ path, authority: content.authority }] : [],
  );
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
    ...caRows.map(({ path, authority }) => `guard ${as.path(path)} ${caPart(authority)}`),
    ...plan.consumers.map(({ name, kind, unit }) => `consumer ${as.name(name)} ${kind} ${as.name(unit)}`),
    ...plan.files.flatMap((row) => useLines(row, plan, config)),
    ...plan.consumers.flatMap(({ name, proofs }) =>
      proofs(plan.node, config).flatMap((proof) => proofLine(name, proof, issued)),
    ),
  ]);
};
