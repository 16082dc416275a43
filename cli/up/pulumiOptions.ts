/** Options of `pulumi up` that this command has to know. All others are pulumi's to judge. */
import { parseArgs } from "node:util";
import { Failure } from "../failure";
import { nonEmpty, STACK_OPTIONS, strayArgument } from "../options";
import type { StackChoice } from "../stackOutputs";

const flag = { type: "boolean" } as const;
const value = { type: "string" } as const;

/** Nobody is asked. */
const CONFIRMS = { yes: { ...flag, short: "y" }, "skip-preview": { ...flag, short: "f" } } as const;

/** `pulumi preview` does not take them. */
const UP_ALONE = { ...CONFIRMS, "continue-on-error": flag, "secrets-provider": value } as const;

/** Asked for pulumi's own display, or for what only one run of both preview and update can do. */
const PULUMIS = {
  diff: flag,
  debug: { ...flag, short: "d" },
  "event-log": value,
  "attach-debugger": flag,
  logtostderr: flag,
  plan: value,
  remote: flag,
  "show-config": flag,
  "show-full-output": flag,
  "show-policy-remediations": flag,
  "show-reads": flag,
  "show-replacement-steps": flag,
  "show-sames": flag,
  "show-secrets": flag,
  strict: flag,
  urns: flag,
} as const;

const OPTIONS = { ...STACK_OPTIONS, ...UP_ALONE, ...PULUMIS, json: { ...flag, short: "j" } } as const;

const parsed = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: OPTIONS, strict: false, allowPositionals: true, tokens: true });

const isOn = (given: unknown): boolean => given !== undefined && given !== false && given !== "false";

/** The stack that they name; @throws Failure where its name is empty, as of a variable that is not set, or no option */
export const choiceOf = (args: readonly string[]): StackChoice => {
  const { stack, cwd } = parsed(args).values;
  const text = (given: unknown) => (typeof given === "string" ? given : undefined);
  const choice = { stack: text(stack), cwd: text(cwd) };
  nonEmpty(choice, STACK_OPTIONS);
  // pulumi takes a template there; further on it may be the value of an option that only pulumi knows
  const [first = "-"] = args;
  if (!first.startsWith("-")) throw new Failure(strayArgument(first, STACK_OPTIONS));
  return choice;
};

export const wantsJson = (args: readonly string[]): boolean => isOn(parsed(args).values.json);

export const wantsPulumisDisplay = (args: readonly string[]): boolean => {
  const { values } = parsed(args);
  return Object.keys(PULUMIS).some((name) => isOn(values[name]));
};

/** As pulumi takes it; skipping the preview is consent too. */
export const confirms = (args: readonly string[], env: NodeJS.ProcessEnv): boolean => {
  const { values } = parsed(args);
  return (
    isOn(values.yes) || isOn(values["skip-preview"]) || /^(?:1|t|true)$/i.test(env["PULUMI_SKIP_CONFIRMATIONS"] ?? "")
  );
};

export const skipsPreview = (args: readonly string[]): boolean => isOn(parsed(args).values["skip-preview"]);

/** Those that are not named, as they were given. */
const without = (args: readonly string[], names: readonly string[]): string[] => {
  const dropped = new Set<number>();
  const kept = new Map<number, string>();
  for (const token of parsed(args).tokens) {
    if (token.kind !== "option") continue;
    const isShort = !token.rawName.startsWith("--");
    if (!names.includes(token.name)) {
      // `-yf`: each letter is a token of the same argument
      if (isShort && /^-[a-z]{2,}$/.test(args[token.index] ?? ""))
        kept.set(token.index, `${kept.get(token.index) ?? "-"}${token.rawName.slice(1)}`);
      continue;
    }
    dropped.add(token.index);
    if (token.value !== undefined && !token.inlineValue) dropped.add(token.index + 1);
  }
  return args.flatMap((arg, index) => {
    if (!dropped.has(index)) return [arg];
    return kept.get(index) ?? [];
  });
};

/** For `pulumi up`, which is asked to do it and not to ask. */
export const upArgs = (args: readonly string[]): string[] => [
  "up",
  "--yes",
  "--skip-preview",
  "--non-interactive",
  ...without(args, ["json", "yes", "skip-preview"]).filter((arg) => arg !== "--non-interactive"),
];

export const previewArgs = (args: readonly string[]): string[] => [
  "preview",
  ...without(args, ["json", ...Object.keys(UP_ALONE)]),
];
