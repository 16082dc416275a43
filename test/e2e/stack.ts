import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CertificateRow } from "../../core/report/report";
import type { Lab } from "../lab/lab";
import { pluginEnv } from "../lab/plugins/env";
import { failure, must, run, type Result } from "../lab/process";
import { configureStack, KUBE_PKI, makeProject } from "./project";

/** One step of a preview as `pulumi preview --json` prints it. */
export interface PreviewStep {
  readonly op: string;
  readonly urn: string;
  readonly oldState?: { readonly inputs?: Readonly<Record<string, unknown>> };
  readonly newState?: { readonly inputs?: Readonly<Record<string, unknown>> };
}

/** A remote command in an exported state. */
export interface CommandState {
  readonly type: string;
  readonly urn: string;
  /** ISO 8601: when it was last run. */
  readonly modified?: string;
  readonly outputs?: { readonly stdout?: unknown };
}

/** Whose `up` it is: that of kube-pki saves the state once where it only renews. */
export type Program = "pulumi" | "kube-pki";

/** What it says then. */
export const SAVES_ONCE = /the state is saved once, at the end/;

export interface UpOptions {
  /** @default pulumi */
  readonly by?: Program;
  readonly expectNoChanges?: boolean;
  readonly onLine?: ((line: string) => void) | undefined;
  /** Called with the process id, for scenarios that kill it. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

/** The name of a resource out of its URN. */
export const nameOf = (urn: string): string => urn.slice(urn.lastIndexOf("::") + 2);

/**
 * A stack of this repository's own program, driven by the real CLI from inside the lab's network. Project folder (links to
 * this checkout), stack file and file backend lie in a folder of its own.
 */
export class Stack {
  private constructor(
    private readonly lab: Lab,
    public readonly folder: string,
    public readonly env: NodeJS.ProcessEnv,
  ) {}

  /** `more` is added to the environment of every run; `make` puts the project into the folder. */
  public static async create(
    lab: Lab,
    folder: string,
    more: NodeJS.ProcessEnv = {},
    make: (folder: string, env: NodeJS.ProcessEnv) => void | Promise<void> = makeProject,
  ): Promise<Stack> {
    const state = join(folder, "state");
    mkdirSync(state, { recursive: true, mode: 0o700 });
    const env = {
      ...(await pluginEnv()),
      ...more,
      // docs/rotation.md says why: without it a kill at the wrong instant leaves a state that pulumi cannot read
      PULUMI_BACKEND_URL: `file://${state}?metadata=skip`,
      PULUMI_CONFIG_PASSPHRASE: "lab",
      PULUMI_STACK: "lab",
    };
    await make(folder, env);
    const stack = new Stack(lab, folder, env);
    await stack.must(["stack", "init", "lab"]);
    return stack;
  }

  /** Sets plain top-level keys of the stack file; undefined removes one. */
  public configure(values: Readonly<Record<string, unknown>>): void {
    configureStack(this.folder, "lab", values);
  }

  /** Sets a top-level key as a secret, the way a user does: its JSON by stdin. */
  public async configureSecret(key: string, value: unknown): Promise<void> {
    await this.must(["config", "set", "--secret", `kube-pki:${key}`], JSON.stringify(value));
  }

  /** Runs `pulumi up`; the result says whether it succeeded. */
  public up({ by = "pulumi", expectNoChanges = false, onLine, onStart }: UpOptions = {}): Promise<Result> {
    const flags = ["--yes", "--skip-preview", "--parallel", "16", ...(expectNoChanges ? ["--expect-no-changes"] : [])];
    return this.run(by === "pulumi" ? by : KUBE_PKI, ["up", ...flags], "", onLine, onStart);
  }

  /** `kube-pki renew`: one certificate now. */
  public renew(node: string, certificate: string): Promise<Result> {
    return this.run(KUBE_PKI, ["renew", node, certificate, "--yes", "--skip-preview"], "");
  }

  /** The steps a preview announces, without those that change nothing. */
  public async preview(): Promise<PreviewStep[]> {
    const { steps } = JSON.parse(await this.must(["preview", "--json"])) as { steps: PreviewStep[] };
    return steps.filter(({ op }) => op !== "same" && op !== "read");
  }

  /** A preview as a user sees it; the result says whether it succeeded. */
  public previewText(...options: readonly string[]): Promise<Result> {
    return this.pulumi(["preview", ...options], "");
  }

  /** What is due, why, and what restarts: `kube-pki due` on a preview of this stack. */
  public async due(): Promise<string> {
    const preview = await this.must(["preview", "--json"]);
    return must([KUBE_PKI, "due", "--preview", "-"], { stdin: preview, env: this.env });
  }

  public async certificates(): Promise<CertificateRow[]> {
    return JSON.parse(
      await this.must(["stack", "output", "certificates", "--json", "--show-secrets"]),
    ) as CertificateRow[];
  }

  /** The kubeconfigs of its output, by name; none before the first `up`. */
  public async kubeconfigs(): Promise<Readonly<Record<string, string>>> {
    const text = await this.must(["stack", "output", "--json", "--show-secrets"]);
    return (JSON.parse(text) as { kubeconfigs?: Record<string, string> }).kubeconfigs ?? {};
  }

  /** A command of kube-pki that goes to nodes; its result says whether it succeeded. */
  public kubePki(command: string, ...args: readonly string[]): Promise<Result> {
    const argv = [KUBE_PKI, command, ...args, "--identity", this.lab.sshKeyFile];
    return run(this.lab.driver(argv), { env: this.env, cwd: this.folder, timeoutMs: 600_000 });
  }

  /** `kube-pki status --nodes`: the stack's certificates next to what every node really holds and serves. */
  public async statusOfNodes(): Promise<string> {
    const argv = [KUBE_PKI, "status", "--nodes", "--identity", this.lab.sshKeyFile];
    return must(this.lab.driver(argv), { env: this.env, cwd: this.folder, timeoutMs: 120_000 });
  }

  /** The state as `pulumi stack export` gives it to anybody without the stack's passphrase. */
  public exported(): Promise<string> {
    return this.must(["stack", "export"]);
  }

  /** Every remote command as the state has it, with the size of the whole state in bytes. */
  public async commands(): Promise<{ readonly commands: readonly CommandState[]; readonly stateBytes: number }> {
    const text = await this.exported();
    const { deployment } = JSON.parse(text) as { deployment: { resources?: readonly CommandState[] } };
    const commands = (deployment.resources ?? []).filter(({ type }) => type === "command:remote:Command");
    return { commands, stateBytes: Buffer.byteLength(text) };
  }

  public async must(argv: readonly string[], stdin = ""): Promise<string> {
    const result = await this.pulumi(argv, stdin);
    if (result.code !== 0) throw new Error(failure(`pulumi ${argv[0] ?? ""}`, result));
    return result.stdout;
  }

  private pulumi(argv: readonly string[], stdin: string): Promise<Result> {
    return this.run("pulumi", argv, stdin);
  }

  private run(
    program: string,
    argv: readonly string[],
    stdin: string,
    onLine?: (line: string) => void,
    onStart?: (pid: number) => void,
  ): Promise<Result> {
    const [command = "", ...args] = this.lab.driver([program, ...argv, "--non-interactive", "--color", "never"]);
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: this.folder, env: this.env, stdio: ["pipe", "pipe", "pipe"] });
      const out: string[] = [];
      const err: string[] = [];
      let line = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out.push(text);
        const lines = (line + text).split("\n");
        line = lines.pop() ?? ""; // its end is still to come
        if (onLine !== undefined) lines.filter(Boolean).forEach(onLine);
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => err.push(text));
      child.stdin.on("error", () => undefined);
      child.stdin.end(stdin);
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code: code ?? 255, stdout: out.join(""), stderr: err.join("") });
      });
      if (child.pid !== undefined) onStart?.(child.pid);
    });
  }
}
