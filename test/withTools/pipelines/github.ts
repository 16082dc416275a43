/** Reads a workflow of GitHub Actions, as far as those in examples/ go: anything else is refused. */
import { parse } from "yaml";
import { eventOf, known, type Event, type Job, type Step, type Values } from "./job";

interface WorkflowStep {
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface WorkflowJob {
  readonly if?: string;
  readonly needs?: string;
  readonly strategy?: {
    readonly "fail-fast": boolean;
    readonly "max-parallel"?: number;
    readonly matrix: { readonly stack: readonly string[] };
  };
  readonly steps: readonly WorkflowStep[];
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>> & { readonly schedule?: readonly { readonly cron: string }[] };
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, WorkflowJob>>;
}

export const workflow = (text: string): Workflow => parse(text) as Workflow;

const NAMES: Readonly<Record<Event, string>> = {
  change: "pull_request",
  merge: "push",
  night: "schedule",
  week: "schedule",
};

const isTriggered = ({ on }: Workflow, event: Event): boolean =>
  Object.hasOwn(on, NAMES[event]) &&
  (NAMES[event] !== "schedule" || (on.schedule ?? []).some(({ cron }) => eventOf(cron) === event));

/** Of the conditions in use: whether they hold, and whether they do after a failure as well. */
const condition = (text: string | undefined, event: Event): { holds: boolean; always?: boolean } => {
  if (text === undefined) return { holds: true };
  if (text === "${{ !cancelled() }}") return { holds: true, always: true };
  const [, operator, name] = /^github\.event_name ([!=]=) '(\w+)'$/.exec(text) ?? [];
  if (operator === undefined) throw new Error(`if: the test cannot read ${text}`);
  return { holds: (name === NAMES[event]) === (operator === "==") };
};

const filled = (text: string, values: Values): string =>
  text.replace(/\$\{\{ ([\w.]+) \}\}/g, (_all, name: string) => known("an expression", name, values));

const stepOf = (step: WorkflowStep, event: Event, values: Values): Step[] => {
  const { holds, ...more } = condition(step.if, event);
  if (!holds) return [];
  const env = Object.fromEntries(Object.entries(step.env ?? {}).map(([name, text]) => [name, filled(text, values)]));
  if (step.uses === undefined) return [{ run: filled(step.run ?? "", values), env, ...more }];
  const parameters = filled(JSON.stringify(step.with ?? {}), values);
  return [{ hosted: step.uses.split("@")[0] ?? "", with: parameters, env, ...more }];
};

/** GitHub: `bash -e {0}` where a step names no shell. */
const SHELL = ["bash", "-ec"];

export const jobsOf = (text: string, event: Event, values: Values): readonly Job[] => {
  const file = workflow(text);
  if (!isTriggered(file, event)) return [];
  return Object.entries(file.jobs).flatMap(([id, { if: when, strategy, needs, steps }], at) => {
    if (needs !== undefined && Object.keys(file.jobs).indexOf(needs) >= at)
      throw new Error(`${id}: is before ${needs}`);
    const isLeft = needs !== undefined && !condition(file.jobs[needs]?.if, event).holds;
    if (isLeft || !condition(when, event).holds) return [];
    return (strategy?.matrix.stack ?? [undefined]).map((stack) => ({
      name: stack === undefined ? id : `${id} ${stack}`,
      shell: SHELL,
      // queued jobs of a matrix are left out after a failure only where they are not all begun at once
      stopsRest: strategy === undefined || (strategy["fail-fast"] && strategy["max-parallel"] === 1),
      steps: steps.flatMap((step) => stepOf(step, event, { ...values, ...(stack && { "matrix.stack": stack }) })),
    }));
  });
};
