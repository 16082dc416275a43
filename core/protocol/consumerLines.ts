/** The lines of a node's services (docs/node-protocol.md): who they are, how each proves itself, how they depend on each other. */
import { caOf } from "../authorities/oneCa";
import { profileRow } from "../certificates/inventory";
import type { AuthorityName } from "../model/authorities";
import { profileOf } from "../layouts/layout";
import type { LeafName } from "../model/profiles";
import type { ConsumerInput } from "../model/reload";
import { LEASES, leaseServers } from "../nodes/leases";
import { PORT_OPTIONS } from "../nodes/options";
import { listensAt, PROOFS, type Proof } from "../nodes/proofs";
import { ownOn } from "../nodes/ownFiles";
import { readersOn } from "../nodes/readers";
import { hasOneApiServer } from "../nodes/topology";
import type { NodePlan } from "../plan";
import type { Config } from "../schema/config";
import { as } from "./lines";

/** The file of this node that says whom its services trust of an authority. */
const caFile = (plan: NodePlan, authority: AuthorityName): string[] =>
  plan.known.flatMap(({ path, content, own }) =>
    content.kind === "ca" && content.authority === authority && own === undefined ? [as.path(path)] : [],
  );

const proofLine = (
  consumer: string,
  proof: Proof,
  plan: NodePlan,
  config: Config,
  issued: ReadonlySet<LeafName>,
  isApply: boolean,
): string[] => {
  const line = (): string[] => {
    switch (proof.kind) {
      case "served":
        return [`served ${consumer} ${as.hostPort(proof.at)} ${proof.profile}`];
      case "accepted":
        return [`accepted ${consumer} ${as.hostPort(proof.at)} ${proof.path} ${proof.profile}`];
      case "chain":
        return caFile(plan, profileRow(proof.profile, config).authority).map(
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
        return caFile(plan, caOf(config, proof.authority)).map(
          (path) => `trusts ${consumer} ${path} ${as.hostPort(proof.at)}`,
        );
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
  leaves: ReadonlySet<LeafName>,
  /** An API server goes on with the client certificate that it had for 5 minutes, longer than one may wait for `retire`. */
  isApply = false,
): string[] => {
  const names = new Set(plan.consumers.map(({ name }) => name));
  const leafOf = (input: ConsumerInput): LeafName | undefined =>
    plan.known.filter(({ uses }) => uses.includes(input)).flatMap(profileOf)[0];
  const here = { node: plan.node, config, listeners: plan.listeners, services: names, leafOf };
  const members = config.nodes.filter(({ name, roles }) => roles.includes("etcd") && name !== plan.node.name);
  return [
    ...plan.consumers.map(({ name, kind, unit }) => `consumer ${as.name(name)} ${kind} ${as.name(unit)}`),
    ...(names.has("kube-apiserver") && hasOneApiServer(config) ? ["alone kube-apiserver"] : []),
    ...(names.has("etcd") && names.has("kube-apiserver") ? ["before etcd kube-apiserver"] : []),
    ...(names.has("etcd") ? members : []).map(
      ({ address, joining }) =>
        `${joining ? "joining" : "member"} etcd ${as.hostPort(listensAt(plan.listeners.etcdClient, { address }))}`,
    ),
    ...LEASES.filter(({ consumer, profile }) => names.has(consumer) && leaves.has(profile)).flatMap(
      ({ consumer, lease, profile }) =>
        leaseServers(here).map((at) => `lease ${consumer} ${as.hostPort(at)} ${lease} ${profile}`),
    ),
    ...PORT_OPTIONS.filter(({ consumer }) => names.has(consumer)).map(
      ({ consumer, option, listener }) => `listens ${consumer} ${option} ${String(plan.listeners[listener].port)}`,
    ),
    ...plan.consumers.flatMap(({ name }) =>
      PROOFS[name](here).flatMap((proof) => proofLine(name, proof, plan, config, leaves, isApply)),
    ),
  ];
};

/** Where programs serve certificates of the user's own: asked as services are. */
const servedLines = ({ node }: NodePlan, config: Config, leaves: ReadonlySet<LeafName>): string[] =>
  ownOn(node, config).flatMap(({ leaf, own }) =>
    own.readers.flatMap(({ name, listener }) =>
      listener === undefined || !leaves.has(leaf)
        ? []
        : [`served ${as.name(name)} ${as.hostPort(listensAt(listener, node))} ${as.name(leaf)}`],
    ),
  );

/** Programs that cannot run before they have their certificates: a step before that does not start them. */
export const needsLines = ({ node }: NodePlan, config: Config): string[] =>
  ownOn(node, config).flatMap(({ leaf, own }) =>
    own.readers.map(({ name }) => `needs ${as.name(name)} ${as.name(leaf)}`),
  );

/**
 * Other programs that read files of the payload (`rollout.readers`, and those of the user's own certificates), after the
 * services.
 */
export const readerLines = (plan: NodePlan, config: Config, leaves: ReadonlySet<LeafName>): string[] => [
  ...readersOn(plan.node, config).map(({ name, kind }) => `consumer ${as.name(name)} ${kind} ${as.name(name)}`),
  ...servedLines(plan, config, leaves),
];
