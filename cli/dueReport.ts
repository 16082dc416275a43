/** What a preview means in the words of a PKI: which certificates are due, why, and what restarts. Pure. */
import { BACKENDS, type LeafResource } from "../core/model/backends";
import { planClients } from "../core/certificates/clients";
import type { Renewal } from "../core/certificates/renewalClock";
import { PROFILE_NAMES, type ProfileName } from "../core/model/profiles";
import { nodeEffects } from "../core/nodes/effects";
import type { Need } from "../core/nodes/reload";
import { planCluster, type ClusterPlan, type NodePlan } from "../core/plan";
import { TRUST_STEPS, trustEffects, type TrustStep } from "../core/protocol/trust";
import type { CertificateRow } from "../core/report/report";
import type { Config } from "../core/schema/config";
import type { Step } from "./preview";

export interface DueRow {
  readonly node: string;
  readonly certificate: CertificateRow["certificate"];
  readonly why: string;
  /** ISO 8601: when the certificate in use ends; absent for a new one. */
  readonly ends?: string;
}

/** What a node's services go through. */
export interface NodeEffect {
  readonly node: string;
  /** The step of a rotation that does it; absent: the one that lays the certificates. */
  readonly step?: TrustStep;
  readonly restarts: readonly string[];
  readonly reloads: readonly string[];
}

export interface DueReport {
  readonly due: readonly DueRow[];
  /** Undefined when the configuration could not be read from the preview. */
  readonly effects: readonly NodeEffect[] | undefined;
  /** Every other resource that changes and does not belong to a certificate that is due: "update prod-cp1-install". */
  readonly also: readonly string[];
}

const nameOf = (urn: string): string => urn.split("::").slice(3).join("::");
const typeOf = (step: Step): string => step.newState?.type ?? step.oldState?.type ?? "";

/** The resource of a certificate, whatever kind of authority signs it. */
const leafResource = (step: Step): LeafResource | undefined =>
  Object.values(BACKENDS)
    .map(({ leaf }) => leaf)
    .find(({ type }) => type === typeOf(step));
const isLeaf = (step: Step): boolean => leafResource(step) !== undefined;

/** When the certificate in use ends. */
const endOf = (step: Step): string | undefined => leafResource(step)?.endOf(step.oldState?.outputs ?? {});

type LeafName = Pick<DueRow, "node" | "certificate">;

/** Longest first: "kubelet-server" ends like no other, but "prod-a-kubelet-server" also holds "kubelet". */
const BY_LENGTH = [...PROFILE_NAMES].sort((a, b) => b.length - a.length);

/** `<cluster>-kubeconfigs-<user>`. */
const OF_USER = /-kubeconfigs-([A-Za-z0-9._-]+)$/;

/** `<cluster>-<node>-<profile>`, where each of the three may hold "-". */
function leafName(name: string, config: Config | undefined): LeafName | undefined {
  for (const { name: node } of config?.nodes ?? []) {
    const prefix = `${config?.cluster.name ?? ""}-${node}-`;
    const profile = PROFILE_NAMES.find((each) => name === prefix + each);
    if (profile !== undefined) return { node, certificate: profile };
  }
  const user = OF_USER.exec(name)?.[1];
  if (user !== undefined) return { node: "-", certificate: `kubeconfig:${user}` };
  const profile = BY_LENGTH.find((each) => name.endsWith(`-${each}`));
  if (profile === undefined) return undefined;
  const rest = name.slice(0, -profile.length - 1);
  const cluster = `${config?.cluster.name ?? ""}-`;
  return { node: rest.startsWith(cluster) ? rest.slice(cluster.length) : rest, certificate: profile };
}

const ORDER: readonly string[] = PROFILE_NAMES;

const day = (moment: Date): string => moment.toISOString().slice(0, 10);

/** A leaf's trigger is `<renewal period>-<digest of what it says>-g<generation of its authority>` (core/plan.ts). */
const triggerParts = (trigger: unknown): { period?: string; digest?: string; generation?: string } =>
  typeof trigger === "string"
    ? { .../^(?<period>-?\d+)-(?<digest>\w+)(?:-g(?<generation>\d+))?$/.exec(trigger)?.groups }
    : {};

/** When the period after the old one began: an `up` may have been missed for longer than a period. */
function firstDue({ epoch, dueSince, next }: Renewal, oldPeriod: number): Date {
  const missed = Number.isNaN(oldPeriod) ? 0 : Math.max(0, epoch - oldPeriod - 1);
  return new Date(dueSince.getTime() - missed * (next.getTime() - dueSince.getTime()));
}

function why(step: Step, renewal: Renewal | undefined): string {
  if (step.op === "create") return "new";
  if (step.op === "delete") return "no longer wanted";
  const { period: oldPeriod, ...before } = triggerParts(step.oldState?.replacementTrigger);
  const { period: newPeriod, ...after } = triggerParts(step.newState?.replacementTrigger);
  const reasons: string[] = [];
  if (before.generation !== after.generation)
    reasons.push(`its authority changes (generation ${before.generation ?? "?"} -> ${after.generation ?? "?"})`);
  if (oldPeriod !== newPeriod) {
    const since = renewal === undefined ? "" : ` since ${day(firstDue(renewal, Number(oldPeriod)))}`;
    reasons.push(`due for renewal${since} (period ${oldPeriod ?? "?"} -> ${newPeriod ?? "?"})`);
  }
  if (before.digest !== after.digest) reasons.push("its subject, names, usages, algorithm or validity change");
  if (reasons.length > 0) return reasons.join("; ");
  const properties = step.replaceReasons ?? step.diffReasons ?? [];
  const known = leafResource(step)?.reasons ?? {};
  return properties.map((property) => known[property] ?? `${property} changes`).join("; ") || "replaced";
}

const effect = (node: string, needs: ReadonlyMap<string, Need>, step?: TrustStep): NodeEffect => {
  const those = (need: Need) => [...needs].flatMap(([consumer, each]) => (each === need ? [consumer] : [])).sort();
  return { node, ...(step && { step }), restarts: those("restart"), reloads: those("reload") };
};

/** What writing these profiles' files does to a node's services. */
const effectOf = (plan: NodePlan, due: ReadonlySet<ProfileName>, config: Config, newTokenKey: boolean): NodeEffect => {
  const rows = plan.files.filter(
    ({ content }) =>
      ("profile" in content && due.has(content.profile)) || (newTokenKey && content.kind === "serviceAccount"),
  );
  return effect(plan.node.name, nodeEffects(rows, plan, config));
};

const TOKEN_KEY = /-service-account(?:-g\d+)?$/;

/** The visits of a rotation that a preview announces, and what each does where it finds something to change. */
function rotationEffects(steps: readonly Step[], plan: ClusterPlan, config: Config): NodeEffect[] {
  const changing = new Set(steps.filter(({ op }) => op !== "delete").map(({ urn }) => nameOf(urn)));
  return TRUST_STEPS.flatMap((step) =>
    plan.nodes
      .filter(({ node }) => changing.has(`${config.cluster.name}-${node.name}-${step}`))
      .map((node) => effect(node.node.name, trustEffects(step, plan, node, config), step)),
  );
}

export function dueReport(steps: readonly Step[], config: Config | undefined, now: Date): DueReport {
  const plan: ClusterPlan | undefined = config === undefined ? undefined : planCluster(config, now);
  const clients = config === undefined ? [] : planClients(config, now);
  const renewalOf = ({ node, certificate }: LeafName): Renewal | undefined =>
    node === "-"
      ? clients.find(({ name }) => certificate === `kubeconfig:${name}`)?.renewal
      : plan?.nodes.find((each) => each.node.name === node)?.leaves.find(({ profile }) => profile === certificate)
          ?.renewal;
  const due = new Map<string, DueRow>();
  for (const step of steps.filter(isLeaf)) {
    const name = nameOf(step.urn);
    const leaf = leafName(name, config);
    // One replacement can be several steps (create-replacement, replace, delete-replaced); the first one says it all.
    if (leaf === undefined || due.has(name)) continue;
    const ends = endOf(step);
    due.set(name, {
      ...leaf,
      why: why(step, renewalOf(leaf)),
      ...(ends === undefined ? {} : { ends }),
    });
  }
  const rankOf = ({ certificate }: DueRow): number => ORDER.indexOf(certificate);
  const rows = [...due.values()].sort((a, b) => a.node.localeCompare(b.node) || rankOf(a) - rankOf(b));
  const newTokenKey = steps.some(({ op, urn }) => op === "create" && TOKEN_KEY.test(nameOf(urn)));
  const ofLeaves = plan?.nodes.flatMap((node) => {
    const profiles = new Set(
      rows.flatMap(({ node: name, certificate }) =>
        name === node.node.name ? PROFILE_NAMES.filter((profile) => profile === certificate) : [],
      ),
    );
    return profiles.size === 0 || config === undefined ? [] : [effectOf(node, profiles, config, newTokenKey)];
  });
  const ofRotation = plan === undefined || config === undefined ? [] : rotationEffects(steps, plan, config);
  const inStep = (step: TrustStep) => ofRotation.filter((each) => each.step === step);
  const effects = ofLeaves && [...inStep("trust"), ...ofLeaves, ...inStep("retire")];
  return { due: rows, effects, also: otherSteps(steps, due, new Set(rows.map(({ node }) => node))) };
}

const escaped = (text: string): string => text.replace(/[^a-z0-9]/g, "\\$&");

/** The key, the request and the visit that belong to a certificate that is due go without saying. */
function otherSteps(steps: readonly Step[], due: ReadonlyMap<string, DueRow>, nodes: ReadonlySet<string>): string[] {
  const implied = (name: string): boolean =>
    due.has(name.replace(/-(?:key|request)$/, "")) ||
    // Without the configuration a node is known by its whole prefix, the cluster's name included.
    [...nodes].some((node) =>
      new RegExp(`(?:^|-)${escaped(node)}-(?:apply|request.*|trust|mounts|check|retire)$`).test(name),
    );
  return steps
    .filter((step) => !isLeaf(step) && typeOf(step) !== "pulumi:pulumi:Stack")
    .map((step) => ({ op: step.op, name: nameOf(step.urn) }))
    .filter(({ name }) => !implied(name))
    .map(({ op, name }) => `${op} ${name}`)
    .sort();
}
