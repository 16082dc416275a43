import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type EngineEvent, type OpType, type Stack } from "@pulumi/pulumi/automation";
import "../../../components/engineConnections";
import { childNamed, killTree } from "../killTree";
import { pluginEnv } from "./env";
import { secretMark, unknown } from "./values";

/** One resource as the exported state holds it. */
export interface StoredResource {
  readonly urn: string;
  readonly type: string;
  readonly id?: string;
  readonly delete?: boolean;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: Record<string, unknown>;
}

export interface Run {
  /** What was done, or in a preview would be, by logical name; in the engine's order where one name has several steps. */
  readonly steps: Readonly<Record<string, readonly OpType[]>>;
  /** By logical name: the properties that differ, and those that ask for a replacement. */
  readonly diffs: Readonly<Record<string, readonly string[]>>;
  readonly replaces: Readonly<Record<string, readonly string[]>>;
  /** The outputs of each resource, in a preview as far as they are known then; by logical name. */
  readonly planned: Readonly<Record<string, Record<string, unknown>>>;
  readonly messages: readonly { severity: string; text: string; transient: boolean }[];
  readonly failed: boolean;
  /** By `kill`. */
  readonly killed: boolean;
}

/** What is special about one `up`. */
export interface How {
  /** URNs, with `*` and `**`: nothing else is done. */
  readonly target?: readonly string[];
  /** The same, of what is replaced although nothing asks for it. */
  readonly replace?: readonly string[];
  /** At each event of a step that does something, counted from 1. */
  readonly onStep?: (count: number) => void;
}

/** Makes resources and gives the outputs of the stack. */
type Program = () => unknown;

const [PROJECT, STACK] = ["standins", "test"];

/** A stack of inline programs on the real engine, with its own state, in a folder that goes with it. */
export class TestStack {
  private isKilled = false;
  private exportedOnce: { resources?: StoredResource[] } | undefined;

  private constructor(
    private readonly folder: string,
    private readonly stack: Stack,
  ) {}

  static async create(): Promise<TestStack> {
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-plugins-"));
    const env = await pluginEnv();
    // The Automation API looks for the CLI on our own PATH, not on the one it is given.
    process.env["PATH"] = env["PATH"];
    const envVars = {
      ...env,
      // without the file of attributes, which a killed run leaves empty (docs/rotation.md)
      PULUMI_BACKEND_URL: `file://${folder}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      // Keys of whoever runs the tests must not open the test's doors.
      SSH_AUTH_SOCK: "",
    };
    const program = { stackName: STACK, projectName: PROJECT, program: () => Promise.resolve() };
    const stack = await LocalWorkspace.createStack(program, { envVars, workDir: folder });
    // After each run the Automation API asks the CLI three more times for what no test looks at: 2 s saved a run.
    const nothing = { outputs: () => Promise.resolve({}), info: () => Promise.resolve(undefined) };
    return new TestStack(folder, Object.assign(stack, nothing));
  }

  up(program: Program, { target = [], replace = [], onStep }: How = {}): Promise<Run> {
    let count = 0;
    return this.record((onEvent) =>
      this.stack.up({
        program: asynchronous(program),
        target: [...target],
        replace: [...replace],
        onEvent: (event) => {
          onEvent(event);
          const op = (event.resourcePreEvent ?? event.resOutputsEvent)?.metadata.op;
          if (op !== undefined && op !== "same" && op !== "read") onStep?.(++count);
        },
      }),
    );
  }

  /** Ends the engine of the run that is under way, and its plugins, as `kill -9` does. */
  kill(): void {
    const engine = childNamed("pulumi");
    if (engine === undefined) return;
    this.isKilled = true;
    killTree(engine);
  }

  /** Takes away the lock of a run that was killed. */
  async cancel(): Promise<void> {
    await this.stack.cancel();
  }

  /** The state as it is kept, secrets encrypted. */
  get saved(): string {
    return readFileSync(this.statePath, "utf8");
  }

  /** Puts such a state in the place of the present one, as from a backup. */
  set saved(text: string) {
    writeFileSync(this.statePath, text);
    this.exportedOnce = undefined;
  }

  private get statePath(): string {
    return join(this.folder, ".pulumi", "stacks", PROJECT, `${STACK}.json`);
  }

  /** @param exclude URNs, with `*` and `**`, that are left as they are */
  preview(program: Program, exclude: string[] = []): Promise<Run> {
    return this.record((onEvent) => this.stack.preview({ program: asynchronous(program), onEvent, exclude }));
  }

  refresh(): Promise<Run> {
    return this.record((onEvent) => this.stack.refresh({ onEvent }));
  }

  destroy(): Promise<Run> {
    return this.record((onEvent) => this.stack.destroy({ onEvent }));
  }

  async output(name: string): Promise<unknown> {
    return (await this.resources()).find(({ type }) => type === "pulumi:pulumi:Stack")?.outputs?.[name];
  }

  /** The stored resource of this name; undefined if the state has none. */
  async stored(name: string): Promise<StoredResource | undefined> {
    const own = (await this.resources()).filter(({ type, urn }) => !isEngines(type, nameOf(urn)));
    return own.find(({ urn }) => nameOf(urn) === name);
  }

  /** The whole state, as `pulumi stack export` gives it. */
  async exported(): Promise<unknown> {
    return (await this.stack.exportStack()).deployment;
  }

  /** Puts such a state in the place of this stack's. */
  async import(deployment: unknown): Promise<void> {
    const exported = await this.stack.exportStack();
    await this.stack.importStack({ ...exported, deployment });
    this.exportedOnce = undefined;
  }

  /** Changes what the state holds of a resource's outputs, as time or an older version would have left it. */
  async alter(name: string, outputs: Record<string, unknown>): Promise<void> {
    const exported = await this.stack.exportStack();
    const { resources = [] } = exported.deployment as { resources?: StoredResource[] };
    for (const resource of resources.filter(({ urn }) => nameOf(urn) === name)) {
      Object.assign(resource.outputs ?? {}, outputs);
    }
    await this.stack.importStack(exported);
    this.exportedOnce = undefined;
  }

  /** What `pulumi state unprotect --all` does. */
  async unprotect(): Promise<void> {
    const exported = await this.stack.exportStack();
    const deployment = exported.deployment as { resources?: StoredResource[] };
    deployment.resources = deployment.resources?.map((each) => ({ ...each, protect: false })) ?? [];
    await this.stack.importStack(exported);
    this.exportedOnce = undefined;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Read once after each run. */
  private async resources(): Promise<StoredResource[]> {
    this.exportedOnce ??= (await this.stack.exportStack()).deployment as { resources?: StoredResource[] };
    return this.exportedOnce.resources ?? [];
  }

  private forget(): void {
    this.isKilled = false;
    this.exportedOnce = undefined;
  }

  private async record(run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<Run> {
    const steps: Record<string, OpType[]> = {};
    const diffs: Record<string, readonly string[]> = {};
    const replaces: Record<string, readonly string[]> = {};
    const planned: Record<string, Record<string, unknown>> = {};
    const messages: Run["messages"][number][] = [];
    const onEvent = (event: EngineEvent): void => {
      const { resourcePreEvent: step, resOutputsEvent: result, diagnosticEvent: message } = event;
      if (result?.metadata.new) planned[nameOf(result.metadata.urn)] = result.metadata.new.outputs;
      if (message) {
        const plain = message.message.replace(/<\{%\w+%\}>/g, "").trimEnd();
        messages.push({ severity: message.severity, text: plain, transient: message.ephemeral === true });
      }
      if (!step || isEngines(step.metadata.type, nameOf(step.metadata.urn))) return;
      const { urn, op, detailedDiff, diffs: differing = [], keys = [] } = step.metadata;
      const name = nameOf(urn);
      (steps[name] ??= []).push(op);
      if (detailedDiff ?? differing.length > 0) diffs[name] = detailedDiff ? Object.keys(detailedDiff) : differing;
      if (keys.length > 0) replaces[name] = keys;
    };
    let failed = false;
    this.forget();
    try {
      await run(onEvent);
    } catch (error) {
      failed = true;
      if (messages.length === 0 && !this.isKilled) throw error;
    }
    return { steps, diffs, replaces, planned, messages, failed, killed: this.isKilled };
  }
}

const asynchronous = (program: Program) => (): Promise<Record<string, unknown>> =>
  new Promise((resolve) => {
    resolve((program() ?? {}) as Record<string, unknown>);
  });

/** What the engine makes by itself: the stack, and a provider for resources that were given none. */
function isEngines(type: string, name: string): boolean {
  return type === "pulumi:pulumi:Stack" || (type.startsWith("pulumi:providers:") && name.startsWith("default"));
}

function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

/** What the run said went wrong. */
export function errorsOf(run: Pick<Run, "messages">): string {
  const failures = run.messages.filter(({ severity }) => severity === "error");
  return failures.map(({ text }) => text).join("\n");
}

/** Whether an event shows the value as one that is known only after the run. */
export function isUnknown(value: unknown): boolean {
  return value === unknown;
}

/** How the exported state shows an encrypted value. */
export function isSecret(value: unknown): boolean {
  return typeof value === "object" && value !== null && secretMark in value;
}
