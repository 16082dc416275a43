/** The lines that payloads share (docs/node-protocol.md): parts, files, kubeconfigs, what is trusted. */
import { createHash } from "node:crypto";
import { profileRow } from "../certificates/inventory";
import { leafPolicy } from "../certificates/leafPolicy";
import { checkedField, type FieldKind } from "../format/protocolFields";
import { hasPrevious, stateOf } from "../authorities/rotation";
import { modeOf, profileOf, type Content, type FileRow } from "../layouts/layout";
import type { Rotatable } from "../model/phases";
import type { LeafName, ProfileName } from "../model/profiles";
import { effectsOf, type Change } from "../nodes/effects";
import { optionsOf } from "../nodes/options";
import { listensAt } from "../nodes/proofs";
import { endpointOn } from "../nodes/topology";
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

/** By which option each service of the node is given this file; files of a rotation's own from its first step on. */
export const readsLines = (row: FileRow, { consumers }: NodePlan, config: Config): string[] =>
  row.rotationOnly === true && !hasPrevious(config, "kubernetes")
    ? []
    : optionsOf(row).flatMap(({ consumer, option, several }) =>
        consumers.some(({ name }) => name === consumer)
          ? [`${several ? "readsone" : "reads"} ${consumer} ${option} ${as.path(row.path)}`]
          : [],
      );

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
export const serverOf = (to: "endpoint" | "local", { node, listeners }: NodePlan, config: Config): string =>
  to === "local" ? listensAt(listeners.apiServer, node) : endpointOn(node, config);

/** An entry of a kubeconfig that leads to one of these servers is this cluster's, whatever CA it trusts. */
export const serverLines = (rows: readonly FileRow[], plan: NodePlan, config: Config): string[] => {
  const servers = rows.flatMap(({ content }) =>
    content.kind === "kubeconfig" ? [serverOf(content.server, plan, config)] : [],
  );
  return [...new Set(servers)].map((server) => `server ${caPart("kubernetes")} ${as.hostPort(server)}`);
};

export interface TrustRow {
  readonly row: FileRow;
  readonly part: string;
}

/** The files of a node that hold what is trusted, and the part each holds. */
export const trustRows = (
  plan: NodePlan,
  { managesServiceAccount }: Pick<ClusterPlan, "managesServiceAccount">,
): TrustRow[] =>
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
export const haveLines = (rows: readonly FileRow[], here: readonly Rotatable[], config: Config): string[] =>
  rows.flatMap(({ path, content }) => {
    if (!("profile" in content)) return [];
    const { profile } = content;
    const { authority: signs } = profileRow(profile, config);
    const authority = here.includes(signs) ? caPart(signs) : "-";
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
export const allowLines = (profile: LeafName, config: Config): string[] =>
  leafPolicy(config, profile).allowLoss.map((loss) => `allow ${profile} ${as.loss(loss)}`);

/** How many backups a node keeps, and for how long; only where the stack file says so, as a new line runs the step everywhere. */
export const backupLines = ({ rollout: { backups } }: Config): string[] =>
  backups === undefined
    ? []
    : [`keepbackups ${as.number(String(backups.keep))} ${as.number(String(backups.keepFor ?? 0))}`];

/** What stops a rotation before something is lost; `rotation.force` gives one up. */
export const GATES = ["scan", "tokens"] as const;
export type Gate = (typeof GATES)[number];

export const isForced = (gate: Gate, { rotation }: Config): boolean => rotation?.force.includes(gate) === true;

export const gateLine = (gate: Gate, config: Config): string => `gate ${gate} ${isForced(gate, config) ? "off" : "on"}`;
