/** `kube-pki up`: `pulumi up`, which saves the state once where that loses nothing. */
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { authorityDigest } from "../core/config/authorityDigest";
import { rawConfig } from "../core/config/parse";
import { EXIT, Failure, type Exit } from "./failure";
import { STACK_OPTIONS } from "./options";
import { run } from "./run";
import { stackArgs, type StackChoice } from "./stackOutputs";
import type { Spec } from "./usage/spec";

export const SPEC: Spec = {
  summary: "`pulumi up`, several times as fast on a large cluster where it only renews",
  text: "Where CAs and phase stay as they are, the state is saved once, at the end.",
  options: STACK_OPTIONS,
  handsOn: "pulumi up",
  examples: [["up --stack prod --yes", "renew what is due"]],
  page: "cost.md",
};

/**
 * By it pulumi saves the state at the end alone and not twice for each resource that changes, each time the whole of it
 * (https://github.com/pulumi/pulumi/issues/10668). A run that is killed then has saved nothing.
 */
const SAVE_ONCE = "PULUMI_SKIP_CHECKPOINTS";

/** The stack that options of `pulumi up` name. */
export const choiceOf = (args: readonly string[]): StackChoice => {
  // those of pulumi are pulumi's to judge
  const { stack, cwd } = parseArgs({
    args: [...args],
    options: STACK_OPTIONS,
    strict: false,
    allowPositionals: true,
  }).values;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return { stack: text(stack), cwd: text(cwd) };
};

/** What pulumi prints as JSON; undefined where it has none, so that `pulumi up` itself says what is wrong. */
export const asked = async (choice: StackChoice, ...args: readonly string[]): Promise<unknown> => {
  const { code, stdout } = await run("pulumi", [...args, "--json", "--non-interactive", ...stackArgs(choice)], {
    cwd: choice.cwd,
  });
  return code === 0 ? (JSON.parse(stdout) as unknown) : undefined;
};

type Values = Readonly<Record<string, { readonly value?: string }>>;

/** What `pulumi config --json` prints, by key. */
export const textsOf = (config: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(config as Values).map(([key, { value = "" }]) => [key, value]));

/** Whether the stack file asks for the CAs and the phase that the last run which succeeded has left. */
export const onlyRenews = (config: unknown, outputs: unknown): boolean => {
  if (config === undefined || outputs === undefined) return false;
  const { authorityDigest: last } = outputs as { readonly authorityDigest?: unknown };
  return last === authorityDigest(rawConfig(textsOf(config)));
};

/** As `onlyRenews`, of a stack as it is now. */
export const onlyRenewsNow = async (choice: StackChoice): Promise<boolean> =>
  onlyRenews(...(await Promise.all([asked(choice, "config", "--show-secrets"), asked(choice, "stack", "output")])));

const pulumiUp = (args: readonly string[], savesOnce: boolean): Promise<Exit> =>
  new Promise((resolve, reject) => {
    const child = spawn("pulumi", ["up", ...args], {
      stdio: "inherit",
      env: { ...process.env, ...(savesOnce ? { [SAVE_ONCE]: "true" } : {}) },
    });
    // whoever interrupts a terminal interrupts pulumi too, which ends in its own time
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", () => {
      reject(new Failure("pulumi: not found on PATH"));
    });
    child.on("close", (code) => {
      resolve(code === 0 ? EXIT.fine : EXIT.failed);
    });
  });

export const command = async (args: readonly string[]): Promise<Exit> => {
  const choice = choiceOf(args);
  const savesOnce = process.env[SAVE_ONCE] === undefined && (await onlyRenewsNow(choice));
  if (savesOnce) process.stderr.write("kube-pki: the CAs stay as they are: the state is saved once, at the end\n");
  return pulumiUp(args, savesOnce);
};
