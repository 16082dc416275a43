/** Reads a stack's configuration: one strict schema, every problem at once, texts turned into what the planner uses. */
import type { z } from "zod";
import { missing } from "../format/problem";
import type { Config } from "../schema/config";
import { CONFIG_JSON_SCHEMA, type Path } from "../schema/jsonSchema";
import { SECTION_NAMES, SECTIONS, type Sections } from "../schema/sections";
import { innermost } from "./accepts";
import { crossProblems } from "./checks";
import { normalised } from "./normalise";
import { ofTheOne, oneCaProblems, withOneCa } from "./oneCa";
import { isLate, misplaced, strayStandIns } from "./inputs";
import { ConfigError, issueText, valueAt } from "./problems";
import { unknownKeys, without } from "./unknownKeys";
import { wordless } from "./wordless";

export interface ParseContext {
  /** The time to plan for, unless the stack file has `asOf`. */
  readonly now: Date;
  /** Top-level keys whose value is encrypted in the stack file. Absent: a program's arguments are in no stack file. */
  readonly secretKeys?: ReadonlySet<string> | undefined;
  /** The values come from a preview, which shows no secrets: existing CAs and keys are not checked. */
  readonly secretsHidden?: boolean;
  /** Paths of values that are not known yet: they hold stand-ins (inputs.ts) and are not checked. */
  readonly awaited?: ReadonlySet<string>;
}

const NOTHING = missing(
  "kube-pki",
  "copy the fields of stacks/Pulumi.example.yaml, or have them written from a running cluster: `npx kube-pki init root@HOST`",
);

/**
 * Parses the values of the `kube-pki` configuration namespace, keyed by name without the namespace.
 * Throws one `ConfigError` that lists every problem; it never shows a secret.
 */
export function parseConfig(raw: Readonly<Record<string, unknown>>, context: ParseContext): Config {
  if (Object.values(raw).every((value) => value === undefined)) throw new ConfigError([NOTHING]);
  const outputs = misplaced(raw);
  const isOutput = (path: Path): boolean => isLate(valueAt(raw, path));
  const unknown = [...unknownKeys(raw, CONFIG_JSON_SCHEMA), ...outputs];
  const known = without(
    raw,
    unknown.map(({ path }) => path),
  ) as Record<string, unknown>;
  const problems = unknown.map(({ problem }) => problem);
  const sections: Partial<Record<keyof Sections, unknown>> = {};
  for (const name of SECTION_NAMES) {
    const result = SECTIONS[name].safeParse(known[name], { error: wordless });
    if (result.success) sections[name] = result.data;
    else
      problems.push(
        ...firstOfEach(result.error.issues.flatMap(innermost))
          .filter(({ path }) => !isOutput([name, ...path]))
          .map((issue) => issueText(issue, known[name], name)),
      );
  }
  const given = sections as Partial<Sections>;
  const parsed = withOneCa(given);
  const now = parsed.asOf ?? context.now;
  problems.push(
    ...strayStandIns(known, context.awaited ?? new Set()),
    ...oneCaProblems(given, known),
    ...ofTheOne(given, crossProblems({ ...context, sections: parsed, raw: known, now, began: context.now })),
  );
  if (problems.length > 0) throw new ConfigError(problems);
  return normalised(parsed as Sections, now);
}

/** A value that is none of what is wanted is not measured too. */
const firstOfEach = (issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] => {
  const paths = issues.map(({ path }) => JSON.stringify(path));
  return issues.filter((_, index) => paths.indexOf(paths[index] ?? "") === index);
};

/**
 * Picks one namespace out of all the configuration of a stack (`pulumi.runtime.allConfig()`), with structured values
 * parsed from the JSON that Pulumi passes them in.
 */
export function rawConfig(all: Readonly<Record<string, string>>, namespace = "kube-pki"): Record<string, unknown> {
  const prefix = `${namespace}:`;
  return Object.fromEntries(
    Object.entries(all)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, text]) => [key.slice(prefix.length), parsedValue(text)]),
  );
}

function parsedValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A plain word such as kubeadm is not JSON: it is the value.
    return text;
  }
}
