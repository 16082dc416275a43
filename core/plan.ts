/**
 * The plan: from (configuration, now) to what every node gets. Pure: no resource, no clock, no I/O, so a cluster of any
 * size can be planned in a test.
 */
import { withGiven, type Listeners } from "./model/listeners";
import { hasOwnCsrSigner, hasCsrSigner } from "./authorities/csrSigner";
import { nodeCsrSigners, csrSignerProfile, type CsrSignerPlan } from "./authorities/nodeCsrSigners";
import { canSign, isAdopted, isRotating, issuerOf, stateOf } from "./authorities/rotation";
import { managesServiceAccount } from "./authorities/serviceAccount";
import { kubernetesMinor } from "./format/kubernetesVersion";
import { leafNames, profileRow } from "./certificates/inventory";
import { leafPolicy } from "./certificates/leafPolicy";
import { groupsOf, heldInCluster, issuedTo, type LeafGroup, type LeafPlan } from "./certificates/leaves";
import { AUTHORITIES } from "./model/authorities";
import { nodeOrders, type NodeOrder } from "./nodeOrder";
import { ownRows } from "./nodes/ownFiles";
import { layoutOf } from "./layouts";
import {
  fileOn,
  profileOf,
  type ConsumerRow,
  type Content,
  type FileRow,
  type Layout,
  type Signing,
  type Where,
} from "./layouts/layout";
import type { Config, NodeConfig } from "./schema/config";

export interface NodePlan {
  readonly node: NodeConfig;
  /** `bare`: a service that never ran there need not run yet. `existing`: a service of the layout that does not is an error. */
  readonly start: "existing" | "bare";
  readonly keyLocation: "node" | "state";
  readonly groups: readonly LeafGroup[];
  readonly leaves: readonly LeafPlan[];
  /** CSR signers of the controller manager whose keys are made here. */
  readonly csrSigners: readonly CsrSignerPlan[];
  /** What the stack writes. */
  readonly files: readonly FileRow[];
  /** Every file of the layout here, also those whose leaves are not the stack's: what is trusted concerns them all. */
  readonly known: readonly FileRow[];
  readonly consumers: readonly ConsumerRow[];
  /** Where services listen, here and on other nodes. */
  readonly listeners: Listeners;
  /** Whether the node gets something that is secret wherever the keys of its leaves are. */
  readonly hasSecrets: boolean;
  /** Where its controller manager signs with files of its own; undefined where none runs. */
  readonly signing: Signing | undefined;
  /** Names of the nodes that a step waits for, by the order that it keeps (core/nodeOrder.ts). */
  readonly after: Readonly<Record<NodeOrder, readonly string[]>>;
}

export interface ClusterPlan {
  readonly managesServiceAccount: boolean;
  /** Whether trust is changed in steps of its own, before and after the leaves. */
  readonly rotates: boolean;
  readonly nodes: readonly NodePlan[];
  /** The user's own certificates that Secrets of the cluster hold. */
  readonly held: readonly LeafPlan[];
}

const matches = (where: Where, node: NodeConfig, config: Config): boolean => {
  switch (where) {
    case "any":
      return true;
    case "first-control-plane":
      return node === config.nodes.find(({ roles }) => roles.includes("control-plane"));
    default:
      return node.roles.includes(where);
  }
};

const appliesTo = (on: Where | readonly Where[], node: NodeConfig, config: Config): boolean =>
  (typeof on === "string" ? [on] : on).some((where) => matches(where, node, config));

/** Whether the stack has what the file holds: while an adopted CA still signs, its leaves and its key are not ours. */
const isOurs = (content: Content, config: Config, managesTokens: boolean): boolean => {
  switch (content.kind) {
    case "serviceAccount":
      return managesTokens && (content.half === "public" || canSign(config, "serviceAccount"));
    case "caKey":
    case "csrSigner":
      return hasCsrSigner(config) && canSign(config, content.authority);
    case "csrSignerKey":
      return canSign(config, "kubernetes");
    case "ca":
      return true;
    default:
      return (
        leafPolicy(config, content.profile).enabled && canSign(config, profileRow(content.profile, config).authority)
      );
  }
};

/** The layout's rows for one node. A node with two roles can match two rows for one path: the first one counts. */
const rowsOf = (node: NodeConfig, config: Config, layout: Layout): FileRow[] => {
  const ownCsrSigner = hasOwnCsrSigner(config);
  const madeHere = ownCsrSigner && config.authority.csrSigner === "node";
  const csrSignerKey: Content = {
    kind: "csrSignerKey",
    csrSigner: csrSignerProfile(issuerOf(stateOf(config, "kubernetes"))),
  };
  const rows = layout
    .files(kubernetesMinor(config))
    .filter(
      ({ on, rotationOnly, content }) =>
        appliesTo(on, node, config) &&
        (rotationOnly === true ? ownCsrSigner || isRotating(config) : content.kind !== "caKey" || !ownCsrSigner),
    )
    .map((row) => (madeHere && row.content.kind === "caKey" ? { ...row, content: csrSignerKey } : row))
    .map((row) => fileOn(row, node.name))
    .concat(ownRows(node, config));
  return rows.filter((row, index) => rows.findIndex(({ path }) => path === row.path) === index);
};

/** What every node gets, in the order in which nodes are handled. */
export const planCluster = (config: Config, now: Date): ClusterPlan => {
  const layout = layoutOf(config);
  const begins = AUTHORITIES.every(
    (authority) => config.authority[authority] === undefined && !isAdopted(config, authority),
  );
  const managesTokens = managesServiceAccount(config);
  const orders = nodeOrders(config);
  const names = leafNames(config);
  const nodes = config.nodes.map((node): NodePlan => {
    const known = rowsOf(node, config, layout);
    const files = known.filter(({ content }) => isOurs(content, config, managesTokens));
    const held = new Set(files.flatMap(profileOf));
    const leaves = names.filter((profile) => held.has(profile)).map((profile) => issuedTo(node, profile, config, now));
    return {
      node,
      start: begins || node.joining ? "bare" : "existing",
      keyLocation: node.keyLocation ?? config.certificates.keyLocation,
      groups: groupsOf(leaves, config),
      leaves,
      csrSigners: nodeCsrSigners(node, config),
      files,
      known,
      listeners: withGiven(layout.listeners, config.cluster.listeners),
      consumers: layout.consumers.filter(({ on }) => appliesTo(on, node, config)),
      hasSecrets: files.some(({ content }) => content.kind === "caKey" || content.kind === "serviceAccount"),
      signing: node.roles.includes("control-plane") ? layout.signing : undefined,
      after: {
        serversFirst: orders.serversFirst.get(node.name) ?? [],
        beside: orders.beside.get(node.name) ?? [],
        start: orders.start.get(node.name) ?? [],
      },
    };
  });
  const position = new Map([...orders.serversFirst.keys()].map((name, index) => [name, index]));
  return {
    managesServiceAccount: managesTokens,
    rotates: isRotating(config),
    held: heldInCluster(config, now),
    nodes: nodes.sort((a, b) => (position.get(a.node.name) ?? 0) - (position.get(b.node.name) ?? 0)),
  };
};
