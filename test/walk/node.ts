/** A node of a walk: a folder, an ssh server that runs in it what it is asked to, and nothing that is a service. */
import { readdirSync } from "node:fs";
import { GREETING } from "../../core/survey/questions";
import { SshServer } from "../lab/plugins/sshServer";
import { FolderNode } from "../node/folderNode";
import { hasten, inMemory } from "../node/quick";

const STATE = "/var/lib/kube-pki";

export class WalkNode extends FolderNode {
  private running = 0;
  private quiet: (() => void)[] = [];

  private constructor(readonly server: SshServer) {
    super("dash");
    hasten(this);
    // of this machine they read what the survey and the check ask of processes: here are none
    this.write("/proc/uptime", "4711.0 1.0\n");
  }

  static async start(clientKey: string | undefined): Promise<WalkNode> {
    const server = await SshServer.start(clientKey);
    const node = new WalkNode(server);
    server.runs = (command) => node.begin(command);
    return node;
  }

  protected override under(): string {
    return inMemory() ?? super.under();
  }

  override begin(command: string) {
    if (command.endsWith(" check")) this.env["KUBE_PKI_PROC"] = this.path("/proc");
    else Reflect.deleteProperty(this.env, "KUBE_PKI_PROC");
    const child = super.begin(command);
    if (command.includes(GREETING)) return child;
    this.running += 1;
    child.on("close", () => {
      this.running -= 1;
      if (this.running > 0) return;
      for (const each of this.quiet.splice(0)) each();
    });
    return child;
  }

  /** When nothing runs here any more: what a killed engine has begun goes on. */
  ended(): Promise<void> {
    return this.running === 0 ? Promise.resolve() : new Promise((resolve) => this.quiet.push(resolve));
  }

  set isReachable(is: boolean) {
    this.server.refuse = is ? 0 : Infinity;
  }

  /** A file's text; undefined: it is not there. */
  text(path: string): string | undefined {
    return this.has(path) ? this.read(path) : undefined;
  }

  /** What a transaction leaves only while it runs. */
  debris(): string[] {
    const beside = ["etc", "var/lib"].flatMap((folder) =>
      this.list(folder)
        .filter((name) => /(?:^|\/)\.kube-pki\./.test(name))
        .map((name) => `/${folder}/${name}`),
    );
    const own = this.has(STATE)
      ? readdirSync(this.path(STATE)).filter((name) => /^(?:tx|run\.|look\.)/.test(name))
      : [];
    return [...beside, ...own.map((name) => `${STATE}/${name}`)];
  }

  async stop(): Promise<void> {
    await this.server.stop();
    this.remove();
  }
}
