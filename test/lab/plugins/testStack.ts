import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LocalWorkspace, type EngineEvent, type Stack } from "@pulumi/pulumi/automation";
import { childNamed, killTree } from "../killTree";
import { pluginEnv } from "./env";
import { isEngines, nameOf, recorded, type Recorded } from "./runEvents";
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

export interface Run extends Recorded {
  /** By `kill`. */
  readonly killed: boolean;
}

/** What is special about one `up`. */
export interface How {
  /** URNs, with `*` and `**`: nothing else is done. */
  readonly target?: readonly string[];
  /** At each event of a step that does something, counted from 1. */
  readonly onStep?: (count: number) => void;
}

/** Makes resources and gives the outputs of the stack. */
type Program = () => unknown;

const [PROJECT, STACK] = ["standins", "test"];

let running: Mocha.Test | undefined;

/** A test of this suite that loses a call to the engine, and no other one, runs once more; `npm test` names it at its end. */
export const repeatsLostCalls = (suite: Mocha.Suite): void => {
  suite.beforeEach(function () {
    running = this.currentTest;
  });
};

/** What the engine says of a deletion that was not asked for, and how it ends then. */
const OF_PROTECTED = /cannot be deleted\s+because it is protected|^update failed$|^preview failed$/;

/**
 * A stack of inline programs on the real engine, with its own state, in a folder that goes with it. Once in some thousand runs
 * on a busy machine the SDK loses a call to the engine, takes that for the engine's end and goes on in silence: the program
 * seems to have asked for nothing, and the engine deletes all there is, or says of what is protected that it cannot.
 */
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

  up(program: Program, { target = [], onStep }: How = {}): Promise<Run> {
    let count = 0;
    const counted = ({ resourcePreEvent, resOutputsEvent }: EngineEvent): void => {
      const op = (resourcePreEvent ?? resOutputsEvent)?.metadata.op;
      if (op !== undefined && op !== "same" && op !== "read") onStep?.(++count);
    };
    return this.watched(program, (watched, onEvent) =>
      this.stack.up({
        program: watched,
        target: [...target],
        onEvent: (event) => {
          onEvent(event);
          counted(event);
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
    return this.watched(program, (watched, onEvent) => this.stack.preview({ program: watched, onEvent, exclude }));
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

  private async record(run: (onEvent: (event: EngineEvent) => void) => Promise<unknown>): Promise<Run> {
    this.isKilled = false;
    this.exportedOnce = undefined;
    return { ...(await recorded(run, () => this.isKilled)), killed: this.isKilled };
  }

  /** Read once after each run. */
  private async resources(): Promise<StoredResource[]> {
    this.exportedOnce ??= (await this.stack.exportStack()).deployment as { resources?: StoredResource[] };
    return this.exportedOnce.resources ?? [];
  }

  /** Fails where the SDK lost a call. A run that fails for a reason of its own ends its monitor too, but says why. */
  private async watched(
    program: Program,
    run: (watched: () => Promise<Record<string, unknown>>, onEvent: (event: EngineEvent) => void) => Promise<unknown>,
  ): Promise<Run> {
    let store: { readonly terminated: boolean } | undefined;
    const watched = () => {
      store = globalThis.asyncLocalStorage.getStore() as typeof store; // the SDK's own memory of this run
      return asynchronous(program);
    };
    const result = await this.record((onEvent) => run(watched, onEvent));
    if (this.isKilled) return result;
    const errors = result.messages.filter(({ severity }) => severity === "error");
    if (store?.terminated === true && errors.every(({ text }) => OF_PROTECTED.test(text))) {
      running?.retries(1);
      throw new Error("the SDK lost a call to the engine, which took all that it did not hear of for deleted");
    }
    return result;
  }
}

const asynchronous = (program: Program) =>
  new Promise<Record<string, unknown>>((resolve) => {
    resolve((program() ?? {}) as Record<string, unknown>);
  });

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
