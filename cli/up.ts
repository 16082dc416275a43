/** `kube-pki up`: `pulumi up` that shows where it is, and saves the state once where that loses nothing. */
import { spawn } from "node:child_process";
import { authorityDigest } from "../core/config/authorityDigest";
import { rawConfig } from "../core/config/parse";
import { EXIT, Failure, type Exit } from "./failure";
import { STACK_OPTIONS } from "./options";
import { notStarted, run } from "./run";
import { stackArgs, type StackChoice } from "./stackOutputs";
import { followedUp, type Ran } from "./up/followedUp";
import { choiceOf, confirms, skipsPreview, wantsJson, wantsPulumisDisplay } from "./up/pulumiOptions";
import { jsonScreen, lineScreen } from "./up/screen";
import type { Spec } from "./usage/spec";

export { choiceOf } from "./up/pulumiOptions";

export const SPEC: Spec = {
  summary: "`pulumi up` that shows phase, node and what is waited for, and renews faster",
  text:
    "Prints each step on a node, what restarts, about how long it still takes, and at the end a line for each node and what went " +
    "wrong. Where CAs and phase stay as they are, the state is saved once, at the end: several times as fast on a large cluster.",
  options: {
    ...STACK_OPTIONS,
    json: { type: "boolean", default: false, text: "print what happens as JSON, an event a line; needs --yes" },
  },
  handsOn: "pulumi up",
  examples: [
    ["up --stack prod", "see the preview, be asked, and watch"],
    ["up --stack prod --yes", "renew what is due"],
    ["up --stack prod --yes --json", "in a pipeline: events for a program"],
    ["up --stack prod --diff", "pulumi's own display, in full"],
  ],
  page: "progress.md",
};

/**
 * By it pulumi saves the state at the end alone and not twice for each resource that changes, each time the whole of it
 * (https://github.com/pulumi/pulumi/issues/10668). A run that is killed then has saved nothing.
 */
const SAVE_ONCE = "PULUMI_SKIP_CHECKPOINTS";

/** What pulumi prints as JSON; undefined where it has none, so that `pulumi up` itself says what is wrong. */
export const asked = async (choice: StackChoice, ...args: readonly string[]): Promise<unknown> => {
  const { code, stdout } = await run("pulumi", [...args, "--json", "--non-interactive", ...stackArgs(choice)], {
    cwd: choice.cwd,
  });
  if (code !== 0) return undefined;
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    throw new Failure(`pulumi ${args.join(" ")} did not print JSON`);
  }
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

const settings = (choice: StackChoice): Promise<[config: unknown, outputs: unknown]> =>
  Promise.all([asked(choice, "config", "--show-secrets"), asked(choice, "stack", "output")]);

/** As `onlyRenews`, of a stack as it is now. */
export const onlyRenewsNow = async (choice: StackChoice): Promise<boolean> => onlyRenews(...(await settings(choice)));

/** Pulumi's own display, and its own questions. */
const pulumiUp = (args: readonly string[], env: NodeJS.ProcessEnv): Promise<Exit> =>
  new Promise((resolve, reject) => {
    const child = spawn("pulumi", ["up", ...args], { stdio: "inherit", env: { ...process.env, ...env } });
    // whoever interrupts a terminal interrupts pulumi too, which ends in its own time
    process.on("SIGINT", () => {
      if (!process.stdin.isTTY) child.kill("SIGINT");
    });
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.on("error", (error) => {
      reject(notStarted("pulumi", error));
    });
    child.on("close", (code) => {
      resolve(code === 0 ? EXIT.fine : EXIT.failed);
    });
  });

export const command = async (args: readonly string[]): Promise<Exit> => (await upRan(args)).exit;

/** As the command does it, for one that says more of what was done. */
export const upRan = async (args: readonly string[]): Promise<Ran> => {
  const isJson = wantsJson(args);
  const isConfirmed = confirms(args, process.env);
  if (isJson && !isConfirmed) throw new Failure("--json: needs --yes, as nobody is there to be asked");
  const [config, outputs] = await settings(choiceOf(args));
  const savesOnce = process.env[SAVE_ONCE] === undefined && onlyRenews(config, outputs);
  if (savesOnce) process.stderr.write("kube-pki: the CAs stay as they are: the state is saved once, at the end\n");
  const env = savesOnce ? { [SAVE_ONCE]: "true" } : {};
  const mayAsk = process.stdin.isTTY && process.stdout.isTTY;
  // pulumi says itself what is wrong with the stack, asks for a passphrase, and refuses to ask where nobody is
  if (!isJson && (config === undefined || wantsPulumisDisplay(args) || !(isConfirmed || mayAsk)))
    return { exit: await pulumiUp(args, env) };
  return followedUp({
    args,
    env,
    config: config === undefined ? undefined : textsOf(config),
    preview: skipsPreview(args) ? "none" : isConfirmed ? "quiet" : "asked",
    screen: isJson ? jsonScreen(process.stdout) : lineScreen(process.stdout, process.env),
  });
};
