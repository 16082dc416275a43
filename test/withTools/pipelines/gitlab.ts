/** Reads .gitlab-ci.yml, as far as the one in examples/ goes: anything else is refused. */
import { parse } from "yaml";
import { known, type Event, type Job, type Values } from "./job";

export interface GitlabJob {
  readonly extends?: string;
  readonly stage: string;
  readonly rules: readonly { readonly if: string }[];
  readonly script: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly parallel?: { readonly matrix: readonly Readonly<Record<string, readonly string[]>>[] };
  readonly resource_group?: string;
}

export interface GitlabFile {
  readonly workflow: {
    readonly auto_cancel: Readonly<Record<string, string>>;
    readonly rules: readonly { readonly if: string }[];
  };
  readonly default: { readonly before_script: readonly string[]; readonly interruptible: boolean };
  readonly stages: readonly string[];
  /** With what they extend. */
  readonly jobs: Readonly<Record<string, GitlabJob>>;
}

const KEYWORDS = ["workflow", "default", "stages"];

export const gitlabFile = (text: string): GitlabFile => {
  const file = parse(text) as Omit<GitlabFile, "jobs">;
  const entries = Object.entries<unknown>({ ...file });
  const named = entries.filter((entry): entry is [string, GitlabJob] => !KEYWORDS.includes(entry[0]));
  const templates = Object.fromEntries(named);
  const jobs = named
    .filter(([name]) => !name.startsWith("."))
    .map(([name, job]): [string, GitlabJob] => [
      name,
      { ...(job.extends === undefined ? {} : known("extends", job.extends, templates)), ...job },
    ]);
  return { workflow: file.workflow, default: file.default, stages: file.stages, jobs: Object.fromEntries(jobs) };
};

/** What a pipeline knows of its event; RUN is what docs/pipelines.md says of its two schedules. */
const VARIABLES: Readonly<Record<Event, Readonly<Record<string, string>>>> = {
  change: { CI_PIPELINE_SOURCE: "merge_request_event" },
  merge: { CI_PIPELINE_SOURCE: "push", CI_COMMIT_BRANCH: "main" },
  night: { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", RUN: "look" },
  week: { CI_PIPELINE_SOURCE: "schedule", CI_COMMIT_BRANCH: "main", RUN: "renew" },
};

const holds = (rules: GitlabJob["rules"], event: Event): boolean =>
  rules.some(({ if: text }) => {
    const [, name, value, other] = /^\$(\w+) == (?:"(\w+)"|\$(\w+))$/.exec(text) ?? [];
    if (name === undefined) throw new Error(`rules: the test cannot read ${text}`);
    const variables: Readonly<Record<string, string>> = { CI_DEFAULT_BRANCH: "main", ...VARIABLES[event] };
    return variables[name] === (value ?? variables[other ?? ""]);
  });

/** GitLab's runner: all lines in one bash, which stops where one fails. */
const SHELL = ["bash", "-eo", "pipefail", "-c"];

export const jobsOf = (text: string, event: Event, values: Values): readonly Job[] => {
  const file = gitlabFile(text);
  if (!holds(file.workflow.rules, event)) return [];
  return file.stages.flatMap((stage) =>
    Object.entries(file.jobs)
      .filter(([, job]) => job.stage === stage && holds(job.rules, event))
      .flatMap(([name, { parallel, variables, script }]) => {
        const stacks = parallel?.matrix.flatMap(({ STACK = [] }) => STACK) ?? [
          known("variables", "STACK", variables ?? {}),
        ];
        return stacks.map((stack): Job => {
          const env = { ...values, ...VARIABLES[event], STACK: stack };
          return {
            name: `${name} ${stack}`,
            shell: SHELL,
            // the jobs of a stage are begun together
            stopsRest: stage !== "look",
            steps: [...file.default.before_script, script.join("\n")].map((run) => ({ run, env })),
          };
        });
      }),
  );
};
