/** The lines that payloads share (docs/node-protocol.md): parts, files, their consumers, their proofs. */
import { createHash } from "node:crypto";
import { INVENTORY } from "../certificates/inventory";
import { leafPolicy } from "../certificates/leafPolicy";
import { checkedField, type FieldKind } from "../format/protocolFields";
import { stateOf } from "../authorities/rotation";
import { modeOf, profileOf, type Content, type FileRow } from "../layouts/layout";
import type { AuthorityName } from "../model/authorities";
import type { Rotatable } from "../model/phases";
import type { ProfileName } from "../model/profiles";
import { effectsOf, type Change } from "../nodes/effects";
import { optionsOf } from "../nodes/options";
import { LEASES, leaseServers } from "../nodes/leases";
import { readersOn } from "../nodes/readers";
import { listensAt, PROOFS, type Proof } from "../nodes/proofs";
import type { ClusterPlan, NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { checkLines } from "./checkLines";
import type { LineVerb } from "./lineRow";
import { caPart, caGenerationPart, caKeyPart, csrSignerPart } from "./parts";

type Verb = LineVerb | "template";

const checked = (kind: FieldKind) => (text: string) => checkedField(kind, text, `node protocol, ${kind}`);

/** Every field goes through its allow-list here, and again on the node: no other text reaches a shell. */
export const as = {
  name: checked("name"),
  part: checked("part"),
  path: checked("path"),
  mode: checked("mode"),
  owner: checked("owner"),
  subject: checked("subject"),
  san: checked("san"),
  loss: checked("loss"),
  hostPort: checked("hostPort"),
  keyId: checked("keyId"),
  number: checked("number"),
};

export const framed = (verb: Verb, lines: readonly string[]): string => {
  // a template's lines are those of a payload that was framed before
  if (verb !== "template") checkLines(verb, lines);
  const body = `${lines.join("\n")}\n`;
  const sum = createHash("sha256").update(body).digest("hex");
  return `kube-pki 1 ${verb} ${String(Buffer.byteLength(body))} ${sum}\n${body}`;
};

/** A part and its text; throws where there is none, since that would be laid over a key or a CA. */
export const part = (name: string, text: string): string[] => {
  if (text.trim() === "")
    throw new Error(`node protocol, part ${as.part(name)}: empty; must be what a file is made of`);
  const lines = text.trimEnd().split("\n");
  return [`part ${as.part(name)} ${String(lines.length)}`, ...lines];
};

export const uniqueParts = (parts: readonly (readonly string[])[]): string[] => {
  const seen = new Map(parts.flatMap((lines) => (lines[0] === undefined ? [] : [[lines[0], lines] as const])));
  return [...seen.values()].flat();
};

export const kubeconfigPart = (profile: ProfileName): string => `kubeconfig:${profile}`;

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
    case "csrSigner":
      return [csrSignerPart(content.authority)];
    case "csrSignerKey":
      return [`key:${content.csrSigner}`];
    case "serviceAccount":
      return [`serviceaccount:${content.half}`];
    case "kubeconfig":
      return [kubeconfigPart(content.profile)];
  }
};

export const fileLine = (row: FileRow): string => {
  const { path, content, owner = "root", group = "root" } = row;
  if (content.kind === "link") return `link ${as.path(path)} ${as.name(content.target)}`;
  const parts = partsOf(content).map(as.part).join(",");
  return `file ${as.path(path)} ${as.mode(modeOf(row))} ${as.owner(owner)} ${as.owner(group)} ${parts}`;
};

export const useLines = (row: FileRow, plan: NodePlan, config: Config, change?: Change): string[] =>
  effectsOf(row, plan, config, change).map(({ consumer, need }) => `use ${consumer} ${need} ${as.path(row.path)}`);

/** By which option each service of the node is given this file. */
export const readsLines = (row: FileRow, { consumers }: NodePlan): string[] =>
  optionsOf(row).flatMap(({ consumer, option }) =>
    consumers.some(({ name }) => name === consumer) ? [`reads ${consumer} ${option} ${as.path(row.path)}`] : [],
  );

/** The file of this node that says whom its services trust of an authority. */
const caFile = (plan: NodePlan, authority: AuthorityName): string[] =>
  plan.known.flatMap(({ path, content }) =>
    content.kind === "ca" && content.authority === authority ? [as.path(path)] : [],
  );

const proofLine = (
  consumer: string,
  proof: Proof,
  plan: NodePlan,
  issued: ReadonlySet<ProfileName>,
  isApply: boolean,
): string[] => {
  const line = (): string[] => {
    switch (proof.kind) {
      case "served":
        return [`served ${consumer} ${as.hostPort(proof.at)} ${proof.profile}`];
      case "accepted":
        return [`accepted ${consumer} ${as.hostPort(proof.at)} ${proof.path} ${proof.profile}`];
      case "chain":
        return caFile(plan, INVENTORY[proof.profile].authority).map(
          (path) => `chain ${consumer} ${proof.profile} ${path}`,
        );
      case "aggregated":
        return issued.has(proof.by)
          ? [`aggregated ${consumer} ${as.hostPort(proof.at)} ${proof.by} ${proof.profile}`]
          : [];
      case "reaches":
        return isApply && issued.has(proof.by)
          ? [`reaches ${consumer} ${as.hostPort(proof.at)} ${as.name(proof.node)} ${proof.by}`]
          : [];
      case "trusts":
        return caFile(plan, proof.authority).map((path) => `trusts ${consumer} ${path} ${as.hostPort(proof.at)}`);
      case "health": {
        const profile = proof.profile !== undefined && issued.has(proof.profile) ? proof.profile : "-";
        return [`health ${consumer} ${proof.scheme} ${as.hostPort(proof.at)} ${proof.path} ${profile}`];
      }
    }
  };
  return "profile" in proof && proof.kind !== "health" && !issued.has(proof.profile) ? [] : line();
};

/**
 * The services of a node, how each proves itself, and how they depend on each other: where etcd and its API server restart
 * together the API server stops first, no etcd member restarts while another one is down (design: one move), and a
 * leader gives its lease back.
 */
export const consumerLines = (
  plan: NodePlan,
  config: Config,
  leaves: ReadonlySet<ProfileName>,
  /** An API server goes on with the client certificate that it had for 5 minutes, longer than one may wait for `retire`. */
  isApply = false,
): string[] => {
  const names = new Set(plan.consumers.map(({ name }) => name));
  const here = { node: plan.node, config, listeners: plan.listeners, services: names };
  const members = config.nodes.filter(({ name, roles }) => roles.includes("etcd") && name !== plan.node.name);
  return [
    ...plan.consumers.map(({ name, kind, unit }) => `consumer ${as.name(name)} ${kind} ${as.name(unit)}`),
    ...(names.has("etcd") && names.has("kube-apiserver") ? ["before etcd kube-apiserver"] : []),
    ...(names.has("etcd") ? members : []).map(
      ({ address, joining }) =>
        `${joining ? "joining" : "member"} etcd ${as.hostPort(listensAt(plan.listeners.etcdClient, { address }))}`,
    ),
    ...LEASES.filter(({ consumer, profile }) => names.has(consumer) && leaves.has(profile)).flatMap(
      ({ consumer, lease, profile }) =>
        leaseServers(here).map((at) => `lease ${consumer} ${as.hostPort(at)} ${lease} ${profile}`),
    ),
    ...plan.consumers.flatMap(({ name }) =>
      PROOFS[name](here).flatMap((proof) => proofLine(name, proof, plan, leaves, isApply)),
    ),
  ];
};

/** Other programs that read files of the payload (`rollout.readers`), after the services. */
export const readerLines = ({ node }: NodePlan, config: Config): string[] =>
  readersOn(node, config).map(({ name, kind }) => `consumer ${as.name(name)} ${kind} ${as.name(name)}`);

const SERVICE_ACCOUNT_PART = "serviceaccount:public";

/** The part that says what is trusted; one generation of it, where a payload names several. */
export const trustPart = (what: Rotatable): string => (what === "serviceAccount" ? SERVICE_ACCOUNT_PART : caPart(what));
export const trustGenerationPart = (what: Rotatable, generation: number): string =>
  what === "serviceAccount" ? `${SERVICE_ACCOUNT_PART}:g${String(generation)}` : caGenerationPart(what, generation);

/**
 * What a cluster trusted before the stack took it over (`adopt`): the sha256 of its DER, or `true` for what the node has. A
 * token key may be taken over without its fingerprint: the CAs' fingerprints already tell this cluster from others.
 */
export const adoptedOf = (what: Rotatable, { adopt }: Config): string | true | undefined =>
  adopt?.[what] === false ? undefined : adopt?.[what];

/**
 * CAs and keys that are this cluster's though no part of the payload holds them; the node remembers them from then on. `any`
 * is what the node has at that time, and nothing that comes later.
 */
export const knownLines = (what: readonly Rotatable[], config: Config): string[] =>
  what.flatMap((each) => {
    const adopted = adoptedOf(each, config);
    if (adopted === undefined || (adopted === true && stateOf(config, each).generation > 1)) return [];
    return [`known ${trustPart(each)} ${adopted === true ? "any" : adopted}`];
  });

/** `host:port` of the API that a kubeconfig on this node leads to. */
export const serverOf = (to: "endpoint" | "local", { node, listeners }: NodePlan, { cluster }: Config): string =>
  to === "local" ? listensAt(listeners.apiServer, node) : cluster.endpoint;

/** An entry of a kubeconfig that leads to one of these servers is this cluster's, whatever CA it trusts. */
export const serverLines = (rows: readonly FileRow[], plan: NodePlan, config: Config): string[] => {
  const servers = rows.flatMap(({ content }) =>
    content.kind === "kubeconfig" ? [serverOf(content.server, plan, config)] : [],
  );
  return [...new Set(servers)].map((server) => `server ${caPart("kubernetes")} ${as.hostPort(server)}`);
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
      return [{ row, part: SERVICE_ACCOUNT_PART }];
    return [];
  });

/** Files with a leaf that the stack manages, now or once its authority can sign; not of a profile with enabled: false. */
export const leafRows = (plan: NodePlan, config: Config): FileRow[] =>
  plan.known.filter((row) => profileOf(row).some((profile) => leafPolicy(config, profile).enabled));

/** Where the leaves are that a node has now: they prove its services, and show whether anything needs the retired CA. */
export const haveLines = (rows: readonly FileRow[], here: readonly Rotatable[]): string[] =>
  rows.flatMap(({ path, content }) => {
    if (!("profile" in content)) return [];
    const { profile } = content;
    const authority = here.includes(INVENTORY[profile].authority) ? caPart(INVENTORY[profile].authority) : "-";
    switch (content.kind) {
      case "certificate":
        return [`have ${as.path(path)} cert:${profile} ${authority}`];
      case "key":
        return [`have ${as.path(path)} key:${profile} -`];
      case "kubeconfig":
        return [`have ${as.path(path)} cert:${profile},key:${profile} ${authority}`];
      case "pair":
      case "link":
        return []; // the kubeconfig names the file
    }
  });

/** Names and usages that a certificate which somebody else made has, and that nobody will miss. */
export const allowLines = (profile: ProfileName, config: Config): string[] =>
  leafPolicy(config, profile).allowLoss.map((loss) => `allow ${profile} ${as.loss(loss)}`);

/** What stops a rotation before something is lost; `rotation.force` gives one up. */
export const GATES = ["scan", "tokens"] as const;
export type Gate = (typeof GATES)[number];

export const isForced = (gate: Gate, { rotation }: Config): boolean => rotation?.force.includes(gate) === true;

export const gateLine = (gate: Gate, config: Config): string => `gate ${gate} ${isForced(gate, config) ? "off" : "on"}`;
