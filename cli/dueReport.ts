/** What a preview means for a PKI: which certificates are due, why, and what restarts. Pure. */
import { generationsUpTo, stateOf } from "../core/authorities/rotation";
import { noteNames } from "../core/authorities/soak";
import { planClients } from "../core/certificates/clients";
import { dueBecause } from "../core/certificates/leafId";
import type { Renewal } from "../core/certificates/renewalClock";
import { nameInUrn, nodeName, serviceAccountName, stepName } from "../core/certificates/resourceNames";
import { BACKENDS, type LeafResource } from "../core/model/backends";
import { PROFILE_NAMES } from "../core/model/profiles";
import { nodeEffects, type Effects } from "../core/nodes/effects";
import { profileOf } from "../core/layouts/layout";
import type { Need } from "../core/model/reload";
import { planCluster, type ClusterPlan, type NodePlan } from "../core/plan";
import { NODE_STEP_NAMES, NODE_STEPS, type NodeStep } from "../core/protocol/nodeSteps";
import { leafResources, type NamedLeaf } from "../core/report/leafResources";
import type { CertificateRow } from "../core/report/report";
import type { Config } from "../core/schema/config";
import { loginChanges } from "./loginChanges";
import { UNKNOWN, type Step } from "./preview";
import { nodeOf, strayLeaf, strayUser } from "./strayNames";

export interface DueRow {
  readonly node: string;
  readonly certificate: CertificateRow["certificate"];
  readonly reason: string;
  /** ISO 8601: of the certificate in use; absent for a new one. */
  readonly notAfter?: string;
}

/** A service, and why it restarts or reloads. */
export interface ServiceChange {
  readonly service: string;
  readonly reasons: readonly string[];
}

/** Which of a node's services restart or reload. */
export interface NodeEffect {
  readonly node: string;
  /** The step of a rotation that does it; absent: the one that installs the certificates. */
  readonly step?: NodeStep;
  readonly restarts: readonly ServiceChange[];
  readonly reloads: readonly ServiceChange[];
}

export interface DueReport {
  readonly due: readonly DueRow[];
  /** Undefined when the configuration could not be read from the preview. */
  readonly effects: readonly NodeEffect[] | undefined;
  /** From when next phases of a rotation are allowed that rotation.soak holds: "etcd: phase issue ...", a sentence each. */
  readonly phases: readonly string[];
  /** What was changed on nodes behind the stack's back, where the preview has read them: "cp1: ...", a sentence each. */
  readonly drift: readonly string[];
  /** Nodes whose ssh login changes: their steps run again, and no certificate changes for it. */
  readonly login: readonly string[];
  /** Every other resource that changes and does not belong to a certificate that is due: "update prod-cp1-install". */
  readonly otherChanges: readonly string[];
}

const typeOf = (step: Step): string => step.newState?.type ?? step.oldState?.type ?? "";

/** The resource of a certificate, whatever kind of authority signs it. */
const leafResource = (step: Step): LeafResource | undefined =>
  Object.values(BACKENDS)
    .map(({ leaf }) => leaf)
    .find(({ type }) => type === typeOf(step));
const isLeaf = (step: Step): boolean => leafResource(step) !== undefined;

/** When the certificate in use expires. */
const notAfterOf = (step: Step): string | undefined => leafResource(step)?.endOf(step.oldState?.outputs ?? {});

const ORDER: readonly string[] = PROFILE_NAMES;

/**
 * Nothing speaks for another certificate but that its signing request is not known yet: the node is asked for a key of another one
 * as well, and answers for this one what it did before.
 */
const isOnlyAskedAgain = (step: Step): boolean => {
  const { request = "" } = leafResource(step) ?? {};
  const changes = step.replaceReasons ?? step.diffReasons ?? [];
  return (
    step.newState?.inputs?.[request] === UNKNOWN &&
    changes.every((property) => property === request) &&
    step.oldState?.replacementTrigger !== undefined &&
    step.oldState.replacementTrigger === step.newState.replacementTrigger
  );
};

function reasonOf(step: Step, renewal: Renewal | undefined): string {
  if (step.op === "create") return "new";
  if (step.op === "delete") return "no longer in the plan";
  const reasons = dueBecause(step.oldState?.replacementTrigger, step.newState?.replacementTrigger, renewal);
  if (reasons.length > 0) return reasons.join("; ");
  const properties = step.replaceReasons ?? step.diffReasons ?? [];
  const known = leafResource(step)?.reasons ?? {};
  return properties.map((property) => known[property] ?? `${property} changes`).join("; ") || "replaced";
}

const effect = (node: string, effects: Effects, step?: NodeStep): NodeEffect => {
  const those = (need: Need) =>
    [...effects]
      .flatMap(([service, each]) => (each.need === need ? [{ service, reasons: each.because }] : []))
      .sort((a, b) => a.service.localeCompare(b.service));
  return { node, ...(step && { step }), restarts: those("restart"), reloads: those("reload") };
};

/** What writing these profiles' files does to a node's services. */
const effectOf = (
  plan: NodePlan,
  due: ReadonlySet<DueRow["certificate"]>,
  config: Config,
  newTokenKey: boolean,
): NodeEffect => {
  const rows = plan.files.filter(
    (row) =>
      profileOf(row).some((profile) => due.has(profile)) || (newTokenKey && row.content.kind === "serviceAccount"),
  );
  return effect(plan.node.name, nodeEffects(rows, plan, config));
};

const tokenKeys = (config: Config): string[] =>
  generationsUpTo(stateOf(config, "serviceAccount")).map((generation) =>
    serviceAccountName(config.cluster.name, generation),
  );

/** The steps on nodes that a preview announces, with what each does where it finds something to change. */
const stepEffects = (steps: readonly Step[], plan: ClusterPlan, config: Config, step: NodeStep): NodeEffect[] => {
  const changing = new Set(steps.filter(({ op }) => op !== "delete").map(({ urn }) => nameInUrn(urn)));
  return plan.nodes
    .filter(({ node }) => changing.has(stepName(nodeName(config.cluster.name, node.name), step)))
    .map((node) => effect(node.node.name, NODE_STEPS[step].effects(plan, node, config), step))
    .filter(({ restarts, reloads }) => restarts.length + reloads.length > 0);
};

/** By the name of its resource. */
const dueLeaves = (
  steps: readonly Step[],
  leaves: ReadonlyMap<string, NamedLeaf>,
  config: Config | undefined,
): Map<string, DueRow> => {
  const due = new Map<string, DueRow>();
  const askedAgain = new Map<string, DueRow>();
  for (const step of steps.filter(isLeaf)) {
    const name = nameInUrn(step.urn);
    const planned = leaves.get(name);
    const leaf = planned ?? strayUser(name) ?? strayLeaf(name, config);
    // One replacement can be several steps (create-replacement, replace, delete-replaced); the first one says it all.
    if (leaf === undefined || due.has(name) || askedAgain.has(name)) continue;
    const notAfter = notAfterOf(step);
    (isOnlyAskedAgain(step) ? askedAgain : due).set(name, {
      node: leaf.node,
      certificate: leaf.certificate,
      reason: reasonOf(step, planned?.renewal),
      ...(notAfter === undefined ? {} : { notAfter }),
    });
  }
  const nodes = new Set([...due.values()].map(({ node }) => node));
  return new Map([...due, ...[...askedAgain].filter(([, { node }]) => !nodes.has(node))]);
};

/** @param config of the preview; undefined where it could not be read */
export function dueReport(
  all: readonly Step[],
  config: Config | undefined,
  { drift, phases }: Pick<DueReport, "drift" | "phases"> = { drift: [], phases: [] },
): DueReport {
  const { nodes: login, explain } = loginChanges(all);
  const steps = login.length === 0 ? all : all.filter((step) => !explain(step));
  const plan: ClusterPlan | undefined = config === undefined ? undefined : planCluster(config, config.asOf);
  const clients = config === undefined ? [] : planClients(config, config.asOf);
  const leaves = plan && config ? leafResources(config.cluster.name, plan, clients) : new Map<string, NamedLeaf>();
  const due = dueLeaves(steps, leaves, config);
  // the user's own after the layout's
  const rankOf = ({ certificate }: DueRow): number =>
    ORDER.includes(certificate) ? ORDER.indexOf(certificate) : ORDER.length;
  const rows = [...due.values()].sort((a, b) => a.node.localeCompare(b.node) || rankOf(a) - rankOf(b));
  const created = new Set(steps.flatMap(({ op, urn }) => (op === "create" ? [nameInUrn(urn)] : [])));
  const newTokenKey = config !== undefined && tokenKeys(config).some((name) => created.has(name));
  const ofLeaves = (known: ClusterPlan, of: Config) =>
    known.nodes.flatMap((node) => {
      const profiles = new Set(
        rows.flatMap(({ node: name, certificate }) => (name === node.node.name ? [certificate] : [])),
      );
      return profiles.size === 0 ? [] : [effectOf(node, profiles, of, newTokenKey)];
    });
  const effects =
    plan &&
    config &&
    NODE_STEP_NAMES.flatMap((step) =>
      step === "apply" ? ofLeaves(plan, config) : stepEffects(steps, plan, config, step),
    );
  const told = new Set([...rows, ...(effects ?? [])].map(({ node }) => node));
  const changed = drift.map((text) => /^([^:]*): /.exec(text)?.[1] ?? "");
  const notes = config === undefined ? [] : noteNames(config.cluster.name, config);
  const compares = told.size + drift.length + login.length > 0;
  const others = otherChanges(steps, due, new Set([...told, ...changed]), new Set(notes), compares);
  return {
    due: rows,
    effects,
    phases,
    drift,
    login: login.map((prefix) => nodeOf(prefix, config)),
    otherChanges: others,
  };
}

const escaped = (text: string): string => text.replace(/[^a-z0-9]/g, "\\$&");

/** Without the keys, requests and node steps that belong to a certificate or a node that is reported already. */
function otherChanges(
  steps: readonly Step[],
  due: ReadonlyMap<string, DueRow>,
  nodes: ReadonlySet<string>,
  notes: ReadonlySet<string>,
  compares: boolean,
): string[] {
  const implied = (name: string): boolean =>
    due.has(name.replace(/-(?:key|request)$/, "")) ||
    // a phase begins, which is told by what it does
    notes.has(name) ||
    // of all nodes at once, before anything that is due
    (compares && name.endsWith("-preflight")) ||
    // Without the configuration a node is known by its whole prefix, the cluster's name included.
    [...nodes].some((node) =>
      new RegExp(`(?:^|-)${escaped(node)}-(?:request.*|${NODE_STEP_NAMES.join("|")})$`).test(name),
    );
  return steps
    .filter((step) => !isLeaf(step) && typeOf(step) !== "pulumi:pulumi:Stack")
    .map((step) => ({ op: step.op, name: nameInUrn(step.urn) }))
    .filter(({ name }) => !implied(name))
    .map(({ op, name }) => `${op} ${name}`)
    .sort();
}
