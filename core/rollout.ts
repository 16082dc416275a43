/**
 * A run from top to bottom: every stage of a rotation in order, what it waits for, and what it does. components/rolloutSteps.ts
 * runs these rows and has no other order; docs/rotation.md has them as a table, which a test compares with this one.
 * Without a rotation only `apply` runs. What each step on a node sends is in core/protocol/, what each step in
 * the cluster does is in core/cluster/steps.ts, and which services a changed file restarts is in core/model/reload.ts.
 *
 * The two rules of a rotation: no certificate of the new CA is presented before every node trusts it, and no node
 * stops trusting the old CA while one of its certificates may be presented.
 */
import { hasReached, hasPrevious, isRotating } from "./authorities/rotation";
import type { Hook } from "./cluster/steps";
import { holdsOwn } from "./cluster/own";
import { publishes } from "./cluster/published";
import { approvesServing } from "./certificates/approvesServing";
import type { Phase } from "./model/phases";
import type { NodeStep } from "./protocol/nodeSteps";
import { recovers, recoversTrust } from "./recovery";
import { renewsServing } from "./protocol/serving";
import { renewsTokens } from "./protocol/tokens";
import type { Config } from "./schema/config";

/** `alive` is one question to all nodes. */
export type StageName = NodeStep | Hook | "alive";

/** Nodes one after another in waves (core/nodeOrder.ts), all nodes at once, or the cluster through one node. */
export type StageOn = "nodes in waves" | "all nodes at once" | "the cluster";

interface StageRow {
  /** The phase of a rotation it belongs to: one that stops before this phase does not run it. */
  readonly phase: Phase;
  /** It runs in every phase: what it issues is signed by the issuer of that phase. */
  readonly inEveryPhase?: true;
  readonly on: StageOn;
  /** What must have succeeded before, on every node; `issued`: every key is made and every certificate signed. */
  readonly after: readonly (StageName | "issued")[];
  readonly isWanted: (config: Config) => boolean;
  /** For docs/rotation.md. */
  readonly summary: string;
}

const inCluster = (config: Config): boolean => isRotating(config) && config.inCluster.enabled;

export const STAGES = {
  alive: {
    phase: "trust",
    inEveryPhase: true,
    on: "all nodes at once",
    after: ["issued"],
    isWanted: recovers,
    summary: "`strategy: recover`: etcd members and control planes say what has ended; a cluster that lives is refused",
  },
  "lay-trust": {
    phase: "trust",
    inEveryPhase: true,
    on: "all nodes at once",
    after: ["alive"],
    isWanted: recoversTrust,
    summary: "`strategy: recover`: the files of `trust`; nothing is restarted",
  },
  trust: {
    phase: "trust",
    on: "nodes in waves",
    after: ["issued", "lay-trust"],
    isWanted: isRotating,
    summary: "CA files, kubeconfigs and `sa.pub` get the new CA or key in addition to the old one",
  },
  afterTrust: {
    phase: "trust",
    on: "the cluster",
    after: ["trust"],
    isWanted: inCluster,
    summary: "`cluster-info`, `kube-root-ca.crt`, `caBundle`s and nodes without ssh get the new CA as well",
  },
  afterPublished: {
    phase: "trust",
    on: "the cluster",
    after: ["afterTrust"],
    isWanted: inCluster,
    summary: "a check that no node of the cluster is missing; kubelets on nodes that are not listed get 95 s",
  },
  mounts: {
    phase: "trust",
    on: "all nodes at once",
    after: ["afterTrust"],
    isWanted: (config) => inCluster(config) && hasPrevious(config, "kubernetes"),
    summary: "every pod has the new CA in its mounted `ca.crt`",
  },
  beforeIssue: {
    phase: "trust",
    on: "the cluster",
    after: ["mounts", "afterPublished"],
    isWanted: inCluster,
    summary: "workloads under `inCluster.restart` are rolled",
  },
  lay: {
    phase: "issue",
    inEveryPhase: true,
    on: "all nodes at once",
    after: ["alive", "lay-trust"],
    isWanted: recovers,
    summary: "`strategy: recover`: the files of `apply` on etcd members and control planes; nothing is restarted",
  },
  apply: {
    phase: "issue",
    inEveryPhase: true,
    on: "nodes in waves",
    after: ["issued", "beforeIssue", "lay"],
    isWanted: () => true,
    summary: "leaf certificates and kubeconfigs of the CA that signs; kube-controller-manager signs with it",
  },
  serving: {
    phase: "issue",
    on: "nodes in waves",
    after: ["apply"],
    isWanted: renewsServing,
    summary:
      "`inCluster.approveKubeletServing`: kubelets whose serving certificate the old CA signed drop it and restart",
  },
  afterApply: {
    phase: "issue",
    inEveryPhase: true,
    on: "the cluster",
    after: ["apply"],
    isWanted: (config) => inCluster(config) || holdsOwn(config) || publishes(config),
    summary: "kubelets of nodes without ssh, and Secrets of `certificates.own`, get certificates of the CA that signs",
  },
  afterServing: {
    phase: "issue",
    inEveryPhase: true,
    on: "the cluster",
    after: ["serving", "afterApply"],
    isWanted: approvesServing,
    summary: "`inCluster.approveKubeletServing`: what kubelets ask for as serving certificates is approved",
  },
  tokens: {
    phase: "done",
    on: "nodes in waves",
    after: ["afterServing"],
    isWanted: renewsTokens,
    summary: "kubelets whose pods hold tokens of the old key restart",
  },
  check: {
    phase: "done",
    on: "all nodes at once",
    after: ["afterServing", "tokens"],
    isWanted: isRotating,
    summary: "kubeconfigs, pods and tokens that still need the old CA or key are reported, and stop the run",
  },
  afterIssue: {
    phase: "done",
    on: "the cluster",
    after: ["afterServing"],
    isWanted: inCluster,
    summary: "namespaces, `caBundle`s and workloads that still need the old CA are reported, and stop the run",
  },
  beforeRetire: {
    phase: "done",
    on: "the cluster",
    after: ["check", "afterIssue"],
    isWanted: inCluster,
    summary: "token Secrets get tokens of the new key",
  },
  retire: {
    phase: "done",
    on: "nodes in waves",
    after: ["beforeRetire"],
    isWanted: isRotating,
    summary: "CA files, kubeconfigs and `sa.pub` lose the old CA or key",
  },
  afterRetire: {
    phase: "done",
    on: "the cluster",
    after: ["retire"],
    isWanted: inCluster,
    summary: "`caBundle`s, `cluster-info`, `extension-apiserver-authentication` and nodes without ssh lose the old CA",
  },
} as const satisfies Readonly<Record<StageName, StageRow>>;

/** The stages in order. */
export const stagesInOrder: readonly (readonly [StageName, StageRow])[] = Object.entries(STAGES) as [
  StageName,
  StageRow,
][];

/** When it has succeeded the phase is reached. */
export const lastStageOf = (phase: Phase): StageName => {
  const last = stagesInOrder.filter(([, stage]) => stage.phase === phase).at(-1);
  if (last === undefined) throw new Error(`${phase}: no stage belongs to it`);
  return last[0];
};

/**
 * In a dead cluster nobody presents what is old, so nothing is gained by trust in between: leaves of the new CA come at once, and
 * the rest of a rotation goes its way in a cluster that lives again.
 */
const RECOVERY: readonly StageName[] = ["alive", "lay-trust", "lay", "apply"];
const INSTEAD: Readonly<Record<string, StageName>> = { issued: "apply", apply: "beforeIssue" };

/** The stages of a run in order, also those that it does not include. */
export const stagesOf = (config: Config): readonly (readonly [StageName, StageRow])[] => {
  if (!recoversTrust(config)) return stagesInOrder;
  const first = RECOVERY.map((name, at) => {
    const stage: StageRow = STAGES[name];
    return [name, { ...stage, after: ["issued", ...RECOVERY.slice(0, at)] as StageRow["after"] }] as const;
  });
  const rest = stagesInOrder.filter(([name]) => !RECOVERY.includes(name));
  return [
    ...first,
    ...rest.map(
      ([name, stage]) => [name, { ...stage, after: stage.after.map((each) => INSTEAD[each] ?? each) }] as const,
    ),
  ];
};

/** Whether a run includes the stage. */
export const isPlayed = ({ phase, inEveryPhase, isWanted }: StageRow, config: Config): boolean =>
  isWanted(config) && (inEveryPhase === true || hasReached(config, phase));
