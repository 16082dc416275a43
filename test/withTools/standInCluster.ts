/** A stack of this repository's program on the real engine; each node is an ssh server that answers as its node would. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerRequest } from "../components/mocks";
import { configureStack, KUBE_PKI, makeProject } from "../e2e/project";
import { pluginEnv } from "../lab/plugins/env";
import { SshServer, type Reply } from "../lab/plugins/sshServer";
import { must, type Result } from "../lab/process";

export type Verb = "request" | "apply" | "trust" | "check";
type Answer = (node: string, verb: Verb) => Reply | undefined;

const STACK = "lab";

interface StandInNode {
  readonly name: string;
  readonly address: string;
  readonly roles: readonly string[];
  readonly ssh: { readonly host: string; readonly port: number; readonly user: string; readonly hostKey: string };
}

export class StandInCluster {
  readonly folder = mkdtempSync(join(tmpdir(), "kube-pki-progress-"));
  /** What a node says to a verb; undefined: that it is done. */
  answer: Answer = () => undefined;
  /** What was asked of nodes, in order: "cp1 apply". */
  readonly asked: string[] = [];
  private env: NodeJS.ProcessEnv = {};
  private privateKey = "";

  private constructor(private readonly servers: ReadonlyMap<string, SshServer>) {}

  /** @param names of nodes; the first is the control plane */
  static async start(names: readonly string[], rest: Readonly<Record<string, unknown>> = {}): Promise<StandInCluster> {
    const servers = new Map<string, SshServer>();
    let key: string | undefined;
    for (const name of names) {
      const server = await SshServer.start(key);
      key = server.clientKey;
      servers.set(name, server);
    }
    const made = new StandInCluster(servers);
    for (const [name, server] of servers)
      server.answer = async ({ command, stdin }) => {
        const [, verb] = /node\.sh (\S+)$/.exec(command) ?? [];
        if (verb === undefined) return {};
        made.asked.push(`${name} ${verb}`);
        const own = made.answer(name, verb as Verb);
        if (verb === "request")
          return { stderr: `${name}: 8 keys made: apiserver and others\n`, stdout: await answerRequest(stdin), ...own };
        return { stdout: "done 01234567 changed\n", ...own };
      };
    await made.init(rest, key ?? "");
    return made;
  }

  private async init(rest: Readonly<Record<string, unknown>>, privateKey: string): Promise<void> {
    makeProject(this.folder);
    this.env = {
      ...process.env,
      ...(await pluginEnv()),
      PULUMI_BACKEND_URL: `file://${join(this.folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_STACK: STACK,
      SSH_AUTH_SOCK: "",
    };
    await this.pulumi("stack", "init", STACK);
    this.configure({
      cluster: { name: "lab", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
      nodes: this.nodes,
      inCluster: { enabled: false },
      rollout: { acceptEtcdDowntime: true },
      ...rest,
    });
    this.privateKey = privateKey;
    await this.configureSsh();
  }

  /** Sets section `ssh`, a secret, with the login. */
  async configureSsh(values: Readonly<Record<string, unknown>> = {}): Promise<void> {
    await must(["pulumi", "config", "set", "--secret", "kube-pki:ssh"], {
      env: this.env,
      cwd: this.folder,
      stdin: JSON.stringify({ privateKey: this.privateKey, ...values }),
    });
  }

  /** As the stack file has them. */
  get nodes(): readonly StandInNode[] {
    return [...this.servers].map(([name, { port, hostKey }], index) => ({
      name,
      address: `10.0.0.${String(11 + index)}`,
      roles: [index === 0 ? "control-plane" : "worker"],
      ssh: { host: "127.0.0.1", port, user: "tester", hostKey },
    }));
  }

  configure(values: Readonly<Record<string, unknown>>): void {
    configureStack(this.folder, STACK, values);
  }

  pulumi(...args: readonly string[]): Promise<string> {
    return must(["pulumi", ...args, "--non-interactive"], { env: this.env, cwd: this.folder, timeoutMs: 300_000 });
  }

  /** @param begun is given how to send a signal, once */
  async kubePki(args: readonly string[], begun?: (signal: (name: NodeJS.Signals) => void) => void): Promise<Result> {
    return this.run([KUBE_PKI, ...args], begun);
  }

  /** @param more of the environment */
  run(
    [program = "", ...args]: readonly string[],
    begun?: (signal: (name: NodeJS.Signals) => void) => void,
    more: NodeJS.ProcessEnv = {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { env: { ...this.env, ...more }, cwd: this.folder });
      const said = { stdout: "", stderr: "" };
      for (const from of ["stdout", "stderr"] as const)
        child[from].on("data", (chunk: Buffer) => (said[from] += chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code: code ?? 255, ...said });
      });
      child.stdin.end();
      begun?.((name) => child.kill(name));
    });
  }

  /** PATH of what it runs. */
  get path(): string {
    return this.env["PATH"] ?? "";
  }

  /** The state as a backend of files keeps it. */
  get stateText(): string {
    return readFileSync(join(this.folder, "state", ".pulumi", "stacks", "kube-pki", `${STACK}.json`), "utf8");
  }

  async stop(): Promise<void> {
    await Promise.all([...this.servers.values()].map((server) => server.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
