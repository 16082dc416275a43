/** Follows a run: events of the engine in, what happens out. Pure: whoever calls says when. */
import { STAGES } from "../rollout";
import type { Order } from "../nodeOrder";
import { Estimate, keyOf, phasesOf, type Ahead, type Due } from "./ahead";
import type { EngineEvent, ResourceStep } from "./engineEvent";
import { errorText } from "./errorText";
import type { End, Happening, NodeEnd, Printed, StepName, Trouble } from "./happening";
import { Resources, type Stage } from "./subject";
import { secondsSince, Tally } from "./tally";

/** Seconds after which a step that still runs is told of, each time. */
export const STILL_SECONDS = 30;

const RUNS = new Set(["create", "update", "create-replacement"]);

const TEXTS: Readonly<Record<string, string>> = {
  preflight: "the nodes are compared with the stack file",
  prepare: "keys and signing requests are made, certificates signed",
};

const named = (due: Due): StepName => ({
  stage: due.stage,
  step: due.step,
  ...(due.kind === "node" ? { node: due.node } : {}),
});

interface Running {
  readonly due: Due;
  readonly began: number;
  readonly place: { readonly index?: number; readonly of?: number };
  toldAt: number;
  /** What it said, the last at the end. */
  readonly said: string[];
}

/** Times are milliseconds of one clock. */
export class Progress {
  private readonly resources = new Resources();
  private readonly running = new Map<string, Running>();
  private readonly seen = new Set<string>();
  private readonly begun = new Map<Stage, number>();
  private readonly tally = new Tally();
  private readonly errors: Trouble[] = [];
  /** What runs of pulumi say of a node before a step of it begins (components/reasons.ts). */
  private readonly reasons = new Map<string, string>();
  private readonly estimate: Estimate | undefined;
  private readonly phases: readonly string[];
  /** Whether a step was begun that only a rotation has. */
  private rotates = false;
  private interrupts = 0;

  /**
   * @param ahead what a preview has found; undefined: there was none, so nothing is known of what is to come
   * @param order undefined: how long it takes is not known
   */
  public constructor(
    private readonly beganAt: number,
    private readonly ahead?: Ahead,
    private readonly order?: Order,
  ) {
    this.estimate = ahead === undefined || order === undefined ? undefined : new Estimate(ahead.due, order);
    this.phases = phasesOf(ahead?.due ?? []);
  }

  /** What is before it; nothing where that is not known. */
  public plan(): Happening[] {
    if (this.ahead === undefined) return [];
    const { due } = this.ahead;
    const nodes = new Set(due.flatMap((each) => (each.kind === "node" ? [each.node] : [])));
    return [
      {
        event: "plan",
        nodes: nodes.size,
        steps: due.length,
        phases: this.phases,
        ...(this.estimate !== undefined && due.length > 0
          ? { estimateSeconds: Math.round(this.estimate.remaining) }
          : {}),
      },
    ];
  }

  public take(event: EngineEvent, at: number): Happening[] {
    switch (event.kind) {
      case "begins":
        this.resources.note(event.resource);
        return this.begins(event.resource, at);
      case "ends":
        this.resources.note(event.resource);
        return this.ended(event.resource, at, "succeeded");
      case "fails":
        return this.ended(event.resource, at, "failed");
      case "says":
        return this.says(event);
      case "ran":
        this.tally.changes = event.changes;
        return [];
    }
  }

  /** What still runs is told of now and then. */
  public tick(at: number): Happening[] {
    return [...this.running.values()].flatMap((each): Happening[] => {
      if (at - each.toldAt < STILL_SECONDS * 1000) return [];
      each.toldAt = at;
      const text = each.said.at(-1);
      const waited = { event: "waiting", ...named(each.due), seconds: secondsSince(each.began, at) } as const;
      return [text === undefined ? waited : { ...waited, text }];
    });
  }

  public interrupt(): Happening[] {
    return [{ event: "interrupted", times: ++this.interrupts }];
  }

  /** The end comes last. */
  public end(succeeded: boolean, at: number, { trouble, url }: Printed = {}): [...Happening[], End] {
    const errors = [...this.errors];
    if (!succeeded && errors.length === 0 && this.interrupts === 0 && trouble !== undefined)
      errors.push({ text: trouble });
    return [
      ...this.tally.certificates(),
      {
        event: "end",
        result: succeeded ? "succeeded" : this.interrupts > 0 ? "interrupted" : "failed",
        seconds: secondsSince(this.beganAt, at),
        ...(url === undefined ? {} : { url }),
        ...this.tally.of([...(this.order?.keys() ?? this.resources.nodes)]),
        errors,
      },
    ];
  }

  /** For a line at the bottom of a terminal: the steps that run, the first one first. */
  public get now(): readonly (StepName & { readonly index?: number; readonly of?: number; readonly text?: string })[] {
    return [...this.running.values()].map(({ due, place, said }) => {
      const text = said.at(-1);
      return { ...named(due), ...place, ...(text === undefined ? {} : { text }) };
    });
  }

  /** Seconds; undefined where nobody can say. */
  public get remaining(): number | undefined {
    return this.estimate === undefined || this.estimate.steps === 0 ? undefined : Math.round(this.estimate.remaining);
  }

  private begins({ urn, op }: ResourceStep, at: number): Happening[] {
    const subject = this.resources.subjectOf(urn);
    if (!("stage" in subject) || !RUNS.has(op)) return [];
    const place = subject.kind === "node" ? this.placeOf(subject.stage) : {};
    this.running.set(urn, { due: subject, began: at, place, toldAt: at, said: [] });
    const why = this.reasonOf(subject);
    return [
      ...this.stageOf(subject.stage),
      { event: "step-begun", ...named(subject), ...place, ...(why === undefined ? {} : { why }) },
    ];
  }

  private ended(resource: ResourceStep, at: number, result: NodeEnd["result"]): Happening[] {
    const { urn, op, type, outputs } = resource;
    if (type === "pulumi:pulumi:Stack") this.tally.summary = outputs?.["summary"] ?? this.tally.summary;
    const subject = this.resources.subjectOf(urn);
    if (subject.kind === "certificate" && result === "succeeded" && RUNS.has(op)) this.tally.issued += 1;
    const run = this.running.get(urn);
    if (run === undefined) return [];
    this.running.delete(urn);
    const seconds = secondsSince(run.began, at);
    if (result === "succeeded") this.estimate?.ended(run.due, seconds);
    this.tally.note(run.due, seconds, result);
    const remaining = this.remaining;
    return [
      {
        event: "step-ended",
        ...named(run.due),
        result,
        seconds,
        ...run.place,
        restarted: run.said.flatMap((text) => /^(\S+) restarted in /.exec(text)?.[1] ?? []),
        ...(remaining === undefined || result === "failed" ? {} : { remainingSeconds: remaining }),
      },
    ];
  }

  private says({ urn, severity, text }: Extract<EngineEvent, { kind: "says" }>): Happening[] {
    const run = urn === undefined ? undefined : this.running.get(urn);
    const node = urn === undefined ? undefined : this.resources.nodeOf(urn);
    switch (severity) {
      case "error": {
        const found = errorText(text, run?.said ?? []);
        // the engine's own word for it comes behind what went wrong
        if (found === undefined || this.seen.has(found)) return [];
        this.seen.add(found);
        this.errors.push({ ...(run === undefined ? {} : named(run.due)), text: found });
        return [];
      }
      case "warning":
        if (this.seen.has(text)) return [];
        this.seen.add(text);
        return [{ event: "warning", text }];
      case "info":
        if (node !== undefined) this.reasons.set(node, withoutNode(text, node));
        return [];
      case "progress": {
        if (run === undefined) return [];
        const said = text.split("\n").map((line) => withoutNode(line, node));
        run.said.push(...said);
        return said.map((line) => ({ event: "message", ...named(run.due), text: line }));
      }
    }
  }

  private placeOf(stage: Stage): { index: number; of: number } {
    const index = (this.begun.get(stage) ?? 0) + 1;
    this.begun.set(stage, index);
    const due = this.ahead?.due.filter((each) => each.stage === stage && each.kind === "node").length;
    return { index, of: Math.max(index, due ?? this.resources.nodes.length) };
  }

  private reasonOf(due: Due): string | undefined {
    if (due.kind !== "node") return this.ahead?.why.get(keyOf(due));
    const told = this.reasons.get(due.node);
    this.reasons.delete(due.node);
    const text = told ?? this.ahead?.why.get(keyOf(due));
    return text === undefined ? undefined : withoutNode(text, due.node);
  }

  /** Told once, when its first step begins. */
  private stageOf(stage: Stage): Happening[] {
    const key = `stage ${stage}`;
    if (this.seen.has(key)) return [];
    this.seen.add(key);
    const row = stage in STAGES ? STAGES[stage as keyof typeof STAGES] : undefined;
    const text = row?.summary ?? TEXTS[stage] ?? stage;
    if (row !== undefined && !("inEveryPhase" in row)) this.rotates = true;
    const phase = row !== undefined && (this.rotates || this.phases.includes(row.phase)) ? { phase: row.phase } : {};
    const index = "phase" in phase ? this.phases.indexOf(phase.phase) + 1 : 0;
    const counted = index > 0 ? { phaseIndex: index, phases: this.phases.length } : {};
    return [
      ...(row === undefined ? [] : this.tally.certificates()),
      { event: "stage", stage, ...phase, ...counted, text: text.replaceAll("`", "") },
    ];
  }
}

/** Lines of a node begin with its name. */
const withoutNode = (text: string, node: string | undefined): string =>
  node !== undefined && text.startsWith(`${node}: `) ? text.slice(node.length + 2) : text;
