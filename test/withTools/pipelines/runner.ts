/** Runs the jobs of a pipeline one after another, each in a checkout of its own. */
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { must, run } from "../../lab/process";
import { known, type Job, type Step } from "./job";

export interface Place {
  /** Where every job finds its folder, and artifacts lie. */
  readonly folder: string;
  /** The repository. */
  readonly origin: string;
  readonly branch: string;
  /** What `npm ci` makes. */
  readonly nodeModules: string;
  /** PATH with node, npx, pulumi and what stands in for programs of a hosted runner. */
  readonly env: NodeJS.ProcessEnv;
  /** Comments on the change. */
  readonly comments: string[];
}

/** One step that was run. */
export interface Played {
  readonly job: string;
  readonly step: string;
  readonly code: number;
  readonly output: string;
}

interface InJob extends Place {
  readonly checkout: string;
}

const artifacts = ({ folder }: Place): string => {
  const path = join(folder, "artifacts");
  mkdirSync(path, { recursive: true });
  return path;
};

const linked = ({ nodeModules, checkout }: InJob): void => {
  symlinkSync(nodeModules, join(checkout, "node_modules"));
};

/** What only a runner of GitHub, GitLab or Jenkins does, or takes from a registry, and what does it here. Nothing else is replaced. */
const STANDS_IN: Readonly<Record<string, (place: InJob, parameters: string) => void>> = {
  // each job begins in a fresh clone, as with GitLab and Jenkins
  "actions/checkout": () => undefined,
  // both are on PATH
  "actions/setup-node": () => undefined,
  "pulumi/actions": () => undefined,
  // the packed package, and what it depends on from this checkout
  "npm ci --ignore-scripts": linked,
  "actions/upload-artifact": (place, parameters) => {
    const { path } = JSON.parse(parameters) as { path: string };
    copyFileSync(join(place.checkout, path), join(artifacts(place), path));
  },
  "actions/download-artifact": (place) => {
    for (const name of readdirSync(artifacts(place)))
      copyFileSync(join(artifacts(place), name), join(place.checkout, name));
  },
  "pullRequest.comment": ({ comments, checkout }, parameters) => {
    const [, file = ""] = /^\(readFile\('(.*)'\)\)$/.exec(parameters) ?? [];
    comments.push(readFileSync(join(checkout, file), "utf8"));
  },
  junit: ({ checkout }, parameters) => {
    const pattern = new RegExp(`^${parameters.replaceAll("'", "").replace("*", ".*")}$`);
    if (!readdirSync(checkout).some((name) => pattern.test(name))) throw new Error(`junit ${parameters}: no report`);
  },
};

const played = async (place: InJob, job: Job, step: Step): Promise<Played> => {
  const name = "run" in step ? step.run : step.hosted;
  if ("hosted" in step || Object.hasOwn(STANDS_IN, name)) {
    known("a step", name, STANDS_IN)(place, "with" in step ? step.with : "");
    return { job: job.name, step: name, code: 0, output: "" };
  }
  const env = { ...place.env, ...step.env };
  const { code, stdout, stderr } = await run([...job.shell, step.run], {
    cwd: place.checkout,
    env,
    timeoutMs: 300_000,
  });
  return { job: job.name, step: name, code, output: stdout + stderr };
};

/** @param jobs in order; after one that fails, those that it stops are left out */
export const play = async (jobs: readonly Job[], place: Place): Promise<readonly Played[]> => {
  const all: Played[] = [];
  for (const job of jobs) {
    const checkout = mkdtempSync(join(place.folder, "job-"));
    await must([
      "git",
      "clone",
      "--quiet",
      "--depth",
      "1",
      "--branch",
      place.branch,
      `file://${place.origin}`,
      checkout,
    ]);
    let failed = false;
    for (const step of job.steps) {
      if (failed && step.always !== true) continue;
      const result = await played({ ...place, checkout }, job, step);
      all.push(result);
      failed ||= result.code !== 0;
    }
    if (failed && job.stopsRest) break;
  }
  return all;
};
