/** What a run has before it, by its preview, and about how long that takes. */
import type { Order } from "../nodeOrder";
import { STAGES, stagesInOrder } from "../rollout";
import type { EngineEvent } from "./engineEvent";
import { Resources, type Stage, type Subject } from "./subject";

/** A step of a node, or one that is done once. */
export type Due = Extract<Subject, { readonly stage: Stage }>;

export interface Ahead {
  readonly due: readonly Due[];
  /** What it changes and restarts, by `keyOf`. */
  readonly why: ReadonlyMap<string, string>;
}

export const keyOf = (due: Due): string => `${due.stage} ${due.step} ${due.kind === "node" ? due.node : ""}`;

const CHANGES = new Set(["create", "update", "replace", "create-replacement"]);

/** @param events of a preview */
export const aheadOf = (events: readonly EngineEvent[]): Ahead => {
  const resources = new Resources();
  const due = new Map<string, Due>();
  for (const event of events) {
    if (event.kind !== "begins" && event.kind !== "ends") continue;
    resources.note(event.resource);
    const subject = resources.subjectOf(event.resource.urn);
    if ("stage" in subject && CHANGES.has(event.resource.op)) due.set(keyOf(subject), subject);
  }
  const why = new Map<string, string>();
  // of the row of a node: its `apply` (components/logPreview.ts)
  for (const event of events) {
    if (event.kind !== "says" || event.severity !== "info" || event.urn === undefined) continue;
    const node = resources.nodeOf(event.urn);
    const subject = resources.subjectOf(event.urn);
    if ("stage" in subject) why.set(keyOf(subject), event.text);
    else if (node !== undefined) why.set(keyOf({ kind: "node", stage: "apply", step: "apply", node }), event.text);
  }
  return { due: [...due.values()], why };
};

/**
 * Seconds that a step takes on one node, or a step in the cluster, before this run itself has shown it: 16 to 19 for `apply` on a
 * control plane and 11 on a worker in `npm run quickstart` (most of it is the second look 10 s after a restart), and 164 and 206 s
 * for all of a rotation in scenario `rotation` on `duo`, for which this table gives 200.
 */
const SECONDS: Readonly<Partial<Record<Stage, number>>> = {
  preflight: 2,
  prepare: 2,
  "lay-trust": 3,
  lay: 3,
  trust: 18,
  mounts: 20,
  apply: 15,
  serving: 10,
  tokens: 10,
  check: 3,
  retire: 18,
};
const IN_CLUSTER_SECONDS = 5;

/** Until the program has begun to name its resources, and what pulumi does at the end. */
const AROUND_SECONDS = 8;

/** Of the nodes given, how many follow one another: the longest way through the order. */
export const roundsOf = (nodes: readonly string[], order: Order): number => {
  const wanted = new Set(nodes);
  const depths = new Map<string, number>();
  const depthOf = (node: string): number => {
    const known = depths.get(node);
    if (known !== undefined) return known;
    depths.set(node, 0); // a circle would not end
    const before = Math.max(0, ...(order.get(node) ?? []).map(depthOf));
    const depth = before + (wanted.has(node) ? 1 : 0);
    depths.set(node, depth);
    return depth;
  };
  return Math.max(0, ...nodes.map(depthOf));
};

const followOneAnother = (stage: Stage): boolean =>
  stage in STAGES && STAGES[stage as keyof typeof STAGES].on !== "all nodes at once";

/** How long is left, corrected by what this run has shown. */
export class Estimate {
  private readonly left: Map<string, Due>;
  /** By stage: seconds that its steps have taken. */
  private readonly shown = new Map<Stage, number[]>();

  public constructor(
    due: readonly Due[],
    private readonly order: Order,
  ) {
    this.left = new Map(due.map((each) => [keyOf(each), each]));
  }

  public ended(due: Due, seconds: number): void {
    this.left.delete(keyOf(due));
    this.shown.set(due.stage, [...(this.shown.get(due.stage) ?? []), seconds]);
  }

  public get steps(): number {
    return this.left.size;
  }

  /** Seconds. */
  public get remaining(): number {
    const stages = [...new Set([...this.left.values()].map(({ stage }) => stage))];
    return stages.reduce((sum, stage) => sum + this.secondsOf(stage), AROUND_SECONDS);
  }

  private secondsOf(stage: Stage): number {
    const left = [...this.left.values()].filter((each) => each.stage === stage);
    const nodes = left.flatMap((each) => (each.kind === "node" ? [each.node] : []));
    const onNodes = followOneAnother(stage) ? roundsOf(nodes, this.order) : Math.min(1, nodes.length);
    const shown = this.shown.get(stage) ?? [];
    const each =
      shown.length > 0
        ? shown.reduce((sum, seconds) => sum + seconds, 0) / shown.length
        : (SECONDS[stage] ?? IN_CLUSTER_SECONDS);
    return each * (onNodes + left.length - nodes.length);
  }
}

/** As people say it: no more precise than an estimate is. */
export const aboutText = (seconds: number): string => {
  if (seconds < 15) return "some seconds";
  if (seconds < 95) return `about ${String(Math.max(1, Math.round(seconds / 10)) * 10)} s`;
  const minutes = seconds / 60;
  return minutes < 90 ? `about ${String(Math.round(minutes))} min` : `about ${(minutes / 60).toFixed(1)} h`;
};

/** The phases of a rotation that the steps belong to, in order; none without a rotation. */
export const phasesOf = (due: readonly Due[]): readonly string[] => {
  const stages = new Set(due.map(({ stage }) => stage));
  const rotates = stagesInOrder.some(([name, { inEveryPhase }]) => inEveryPhase !== true && stages.has(name));
  const phases = stagesInOrder.flatMap(([name, { phase }]) => (stages.has(name) ? [phase] : []));
  return rotates ? [...new Set(phases)] : [];
};
