/** Reads what `pulumi preview --json` says. */
import { z } from "zod";
import { parseConfig, rawConfig } from "../core/config/parse";
import { ConfigError } from "../core/config/problems";
import type { Config } from "../core/schema/config";
import { Failure } from "./failure";
import { withRefusals } from "./refusals";
import { pulumiSaid, run } from "./run";
import { stackArgs, type StackChoice } from "./stackOutputs";

const state = z.object({
  type: z.string(),
  replacementTrigger: z.unknown().optional(),
  inputs: z.record(z.string(), z.unknown()).nullish(),
  outputs: z.record(z.string(), z.unknown()).nullish(),
  parent: z.string().nullish(),
  /** By input: the URNs of the resources that it comes from. */
  propertyDependencies: z.record(z.string(), z.array(z.string()).nullish()).nullish(),
});

const step = z.object({
  op: z.string(),
  urn: z.string(),
  oldState: state.nullish(),
  newState: state.nullish(),
  replaceReasons: z.array(z.string()).nullish(),
  diffReasons: z.array(z.string()).nullish(),
});

const preview = z
  .object({
    config: z.record(z.string(), z.string()).nullish(),
    steps: z.array(step).nullish(),
    diagnostics: z.array(z.object({ message: z.string(), severity: z.string() })).nullish(),
    changeSummary: z.record(z.string(), z.number()).nullish(),
  })
  // any other object would look like one in which nothing is due
  .refine((given) => Object.keys(given).length > 0);

export type Step = z.output<typeof step>;

export interface Preview {
  /** What is going to be done; nothing that stays the same. */
  readonly steps: readonly Step[];
  readonly config: Readonly<Record<string, string>>;
  /** From when next phases of a rotation are allowed that are held: "etcd: phase issue ...", a sentence each. */
  readonly phases: readonly string[];
  /** What it found changed on nodes, where it read them: "cp1: ...", a sentence each. */
  readonly drift: readonly string[];
}

/** What a preview shows of a value that only the run will know (pulumi sdk/go/common/resource/plugin, UnknownStringValue). */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const UNTOUCHED = new Set(["same", "read", "refresh"]);

const jsonOf = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export function parsedPreview(text: string): Preview {
  const result = preview.safeParse(jsonOf(text));
  if (!result.success)
    throw new Failure("not the output of `pulumi preview --json`; run that command and give its output");
  const { config, steps, diagnostics } = result.data;
  const errors = (diagnostics ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0)
    throw new Failure(`the preview failed: ${errors.map(({ message }) => plain(message)).join("\n")}`);
  return {
    config: config ?? {},
    steps: (steps ?? []).filter(({ op }) => !UNTOUCHED.has(op)),
    phases: (diagnostics ?? []).flatMap(({ message }) => PHASES_HELD.exec(plain(message))?.[1] ?? []),
    drift: (diagnostics ?? []).flatMap(({ message, severity }) => {
      const [, node, what] = DRIFT.exec(plain(message)) ?? [];
      return severity === "warning" && what !== undefined ? [`${node ?? ""}${what}`] : [];
    }),
  };
}

/** As components/phases.ts says it. */
const PHASES_HELD = /^(?:info: )?rotation\.soak: (.*)$/s;
/** As components/drift.ts says it. */
const DRIFT = /^(?:warning: )?(\S+: )?drift: (.*)$/s;

/** Without Pulumi's colour marks, and without saying again that it is an error. */
const plain = (message: string): string =>
  message
    .replace(/<\{%[^%]*%\}>/g, "")
    .replace(/^error: /, "")
    .trim();

/**
 * Runs the preview of a stack.
 *
 * @param env beside the present environment
 */
export async function runPreview(choice: StackChoice, env: NodeJS.ProcessEnv = {}): Promise<Preview> {
  const args = ["preview", "--json", "--non-interactive", ...stackArgs(choice)];
  const { code, stdout, stderr, refusals } = await withRefusals((more) =>
    run("pulumi", [...args, ...more.args], { cwd: choice.cwd, env: { ...process.env, ...env, ...more.env } }),
  );
  if (refusals.length > 0) throw new Failure(`the preview failed: ${refusals.join("\n")}`);
  // A failing program is told in the JSON, a wrong stack only on stderr.
  if (code !== 0 && !stdout.trimStart().startsWith("{")) {
    throw new Failure(`pulumi preview failed: ${pulumiSaid(stderr)}`);
  }
  const result = parsedPreview(stdout);
  if (code !== 0) throw new Failure(`pulumi preview failed: ${pulumiSaid(stderr) || `it ended with ${String(code)}`}`);
  return result;
}

/**
 * The configuration the preview was made with, as far as the plan needs it; undefined when it is encrypted as a whole.
 * A preview shows no secret, so how nodes are reached is left out.
 *
 * @param now the present
 * @param asOf the moment to plan for in place of the stack's own
 */
export function previewedConfig({ config }: Preview, now: Date, asOf?: Date): Config | undefined {
  const { authority, ...raw } = rawConfig(config);
  const validity: unknown =
    typeof authority === "object" && authority !== null ? Reflect.get(authority, "validity") : undefined;
  const known = {
    ...raw,
    ...(asOf && { asOf: asOf.toISOString() }),
    ssh: { agent: true, insecureIgnoreHostKeys: true },
    ...(validity === undefined ? {} : { authority: { validity } }),
  };
  try {
    return parseConfig(known, { now, secretKeys: new Set(), secretsHidden: true });
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
