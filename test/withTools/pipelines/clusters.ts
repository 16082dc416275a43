/** Two clusters of one node each, and the repository of their stacks, as the team that owns them has made it. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse, stringify } from "yaml";
import { pack, pathWithNode } from "../../e2e/packageProject";
import { pluginEnv } from "../../lab/plugins/env";
import { SshServer } from "../../lab/plugins/sshServer";
import { must } from "../../lab/process";
import { FolderNode } from "../../node/folderNode";
import { Bucket } from "./bucket";

const REPOSITORY = join(__dirname, "..", "..", "..");

export const STACKS = ["canary", "prod"] as const;
export type StackName = (typeof STACKS)[number];

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** As `npm ci` would make it: the packed package, with what it needs. */
const makeNodeModules = async (folder: string): Promise<string> => {
  const modules = join(folder, "node_modules");
  const own = join(modules, "kube-pki");
  mkdirSync(own, { recursive: true });
  await must(["tar", "-xzf", await pack(folder), "-C", own, "--strip-components=1"]);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as Manifest;
  for (const name of [...Object.keys({ ...dependencies, ...peerDependencies }), "typescript", "@types/node"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(REPOSITORY, "node_modules", name), join(modules, name));
  }
  mkdirSync(join(modules, ".bin"));
  symlinkSync("../kube-pki/dist/cli/kube-pki", join(modules, ".bin", "kube-pki"));
  return modules;
};

export class Clusters {
  readonly nodes = {} as Record<StackName, FolderNode>;
  readonly servers = {} as Record<StackName, SshServer>;

  private constructor(
    readonly folder: string,
    readonly nodeModules: string,
    readonly env: NodeJS.ProcessEnv,
    readonly state: Bucket,
  ) {}

  /** @param passphrase of both stacks, whose states are in a bucket */
  static async create(passphrase: string): Promise<Clusters> {
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-pipelines-"));
    const { PATH: path = "", ...plugins } = await pluginEnv();
    const env = {
      HOME: process.env["HOME"],
      ...plugins,
      PATH: await pathWithNode(folder, "node22", path, () => undefined),
      // of the bucket, which asks for none in particular
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      // npx asks no registry, and tells of no newer npm
      npm_config_offline: "true",
      npm_config_update_notifier: "false",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_CONFIG_COUNT: "2",
      GIT_CONFIG_KEY_0: "user.name",
      GIT_CONFIG_VALUE_0: "test",
      GIT_CONFIG_KEY_1: "user.email",
      GIT_CONFIG_VALUE_1: "test@example.com",
    };
    const made = new Clusters(folder, await makeNodeModules(folder), env, await Bucket.start());
    await made.makeRepository({ PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_BACKEND_URL: made.state.url });
    return made;
  }

  get origin(): string {
    return join(this.folder, "origin.git");
  }

  private get checkout(): string {
    return join(this.folder, "clusters");
  }

  private git(...args: string[]): Promise<string> {
    return must(["git", ...args], { cwd: this.checkout, env: this.env });
  }

  /** Until the first `pulumi up` has succeeded; that is a person's. */
  private async makeRepository(env: NodeJS.ProcessEnv): Promise<void> {
    const inProject = (argv: readonly string[], stdin?: string) =>
      must(argv, { cwd: this.checkout, env: { ...this.env, ...env }, stdin, timeoutMs: 300_000 });
    mkdirSync(this.checkout);
    await inProject(["pulumi", "new", join(REPOSITORY, "template"), "--generate-only", "--yes", "--name", "clusters"]);
    symlinkSync(this.nodeModules, join(this.checkout, "node_modules"));
    for (const stack of STACKS) {
      const node = new FolderNode("dash");
      node.write("/proc/uptime", "4711.0 1.0\n");
      const server = await SshServer.start();
      server.runs = (command) => node.begin(command);
      [this.nodes[stack], this.servers[stack]] = [node, server];
      const { ssh, cluster, ...args } = node.args(server);
      await inProject(["pulumi", "stack", "init", stack]);
      this.configure(stack, { ...args, cluster: { ...cluster, name: stack }, inCluster: { enabled: false } });
      await inProject(["pulumi", "config", "set", "--stack", stack, "--secret", "kube-pki:ssh"], JSON.stringify(ssh));
      await inProject(["pulumi", "up", "--stack", stack, "--yes", "--skip-preview", "--non-interactive"]);
    }
    await must(["git", "init", "--quiet", "--bare", "--initial-branch", "main", this.origin], { env: this.env });
    await this.git("init", "--quiet", "--initial-branch", "main");
    writeFileSync(join(this.checkout, ".git", "info", "exclude"), "node_modules\n");
    await this.git("remote", "add", "origin", this.origin);
    await this.commit("the stacks of two clusters");
    await this.git("push", "--quiet", "origin", "main");
  }

  private configure(stack: StackName, values: Readonly<Record<string, unknown>>): void {
    const path = join(this.checkout, `Pulumi.${stack}.yaml`);
    const file = parse(readFileSync(path, "utf8")) as { config?: Record<string, unknown> } | null;
    const config = Object.fromEntries(Object.entries(values).map(([key, value]) => [`kube-pki:${key}`, value]));
    writeFileSync(path, stringify({ ...file, config: { ...file?.config, ...config } }));
  }

  private async commit(what: string): Promise<void> {
    await this.git("add", "--all");
    await this.git("commit", "--quiet", "--message", what);
  }

  /** On a branch that is pushed: both clusters' API server gets this name as well. */
  async propose(branch: string, san: string): Promise<void> {
    await this.git("checkout", "--quiet", "-b", branch);
    for (const stack of STACKS) {
      const { cluster } = this.nodes[stack].args(this.servers[stack]);
      this.configure(stack, { cluster: { ...cluster, name: stack, extraSans: [san] } });
    }
    await this.commit(`the API is ${san} too`);
    await this.git("push", "--quiet", "origin", branch);
  }

  async merge(branch: string): Promise<void> {
    await this.git("checkout", "--quiet", "main");
    await this.git("merge", "--quiet", "--no-ff", "--message", `Merge ${branch}`, branch);
    await this.git("push", "--quiet", "origin", "main");
  }

  async remove(): Promise<void> {
    await Promise.all(Object.values(this.servers).map((server) => server.stop()));
    for (const node of Object.values(this.nodes)) node.remove();
    await this.state.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
