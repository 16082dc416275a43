import { execFileSync, spawn, spawnSync, type SpawnSyncReturns } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { freePort } from "../freePort";
import { nodeScript } from "./nodeScript";

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The sentence a person reads. */
  readonly why: string;
}

/** Every case runs with dash, and with busybox where it is installed. */
export const hasBusybox = spawnable("busybox");

function spawnable(command: string): boolean {
  try {
    execFileSync(command, ["true"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** A node in a folder: the script installed, fake systemctl first on PATH, real servers as units. */
export class Scratch {
  readonly root = fs.realpathSync(fs.mkdtempSync(join(this.under(), "kube-pki-node-")));
  readonly units = join(this.root, "units");
  readonly tools = join(this.root, "tools");
  readonly env: Record<string, string> = {};
  /** Each run has a session of its own, so that all of it can be killed. */
  protected readonly detached: boolean = false;

  constructor(readonly shell: string) {
    fs.chmodSync(this.root, 0o755);
    for (const folder of [this.units, this.tools]) fs.mkdirSync(folder);
    for (const name of ["etc", "var", "var/lib"]) fs.mkdirSync(join(this.root, name), { mode: 0o755 });
    fs.copyFileSync(join(__dirname, "stub", "systemctl"), join(this.tools, "systemctl"));
    this.write("/var/lib/kube-pki/node.sh", nodeScript(), 0o600);
    fs.chmodSync(this.path("/var/lib/kube-pki"), 0o700);
  }

  /** Where the folder is made. */
  protected under(): string {
    return tmpdir();
  }

  /** With busybox every tool it has is its own, as on a node that has nothing else. */
  protected get searchPath(): string {
    const applets = join(this.root, "applets");
    if (this.shell.startsWith("busybox") && !fs.existsSync(applets)) {
      fs.mkdirSync(applets);
      const path = execFileSync("sh", ["-c", "command -v busybox"]).toString().trim();
      for (const name of execFileSync("busybox", ["--list"]).toString().trim().split("\n"))
        fs.symlinkSync(path, join(applets, name));
    }
    return [this.tools, applets, process.env["PATH"] ?? ""].join(":");
  }

  path(path: string): string {
    return join(this.root, path);
  }

  read(path: string): string {
    return fs.readFileSync(this.path(path), "utf8");
  }

  has(path: string): boolean {
    return fs.existsSync(this.path(path));
  }

  write(path: string, text: string, mode = 0o644): void {
    fs.mkdirSync(dirname(this.path(path)), { recursive: true, mode: 0o755 });
    fs.writeFileSync(this.path(path), text);
    fs.chmodSync(this.path(path), mode);
  }

  /** What identifies an untouched file: content, inode, times, mode, owner. */
  stamp(path: string): string {
    const s = fs.lstatSync(this.path(path));
    return [s.ino, s.mtimeMs, s.ctimeMs, s.mode, s.uid, s.gid].join(" ");
  }

  /** Names below `folder`, to find debris. */
  list(folder: string): string[] {
    return fs.readdirSync(this.path(folder), { recursive: true }).map(String).sort();
  }

  /** Puts a tool of the test's own in front of the real one. */
  tool(name: string, script: string): void {
    this.write(`/tools/${name}`, `#!/bin/sh\n${script}\n`, 0o755);
  }

  /** Takes a tool off the PATH: everything else is linked into a folder of its own. */
  without(...names: string[]): void {
    const bin = join(this.root, "bin");
    fs.mkdirSync(bin);
    for (const folder of ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]) {
      if (!fs.existsSync(folder)) continue;
      for (const name of fs.readdirSync(folder)) {
        if (names.includes(name) || fs.existsSync(join(bin, name))) continue;
        try {
          fs.symlinkSync(join(folder, name), join(bin, name));
        } catch {
          // a dangling link of the same name
        }
      }
    }
    fs.symlinkSync(process.execPath, join(bin, "node-for-units"));
    this.env["KUBE_PKI_PATH"] = `${this.tools}:${bin}`;
  }

  /** @param verb - with its arguments, where it has some */
  run(
    verb: string | readonly string[],
    stdin = "",
    env: Record<string, string> = {},
    script = "/var/lib/kube-pki/node.sh",
  ): Promise<Result> {
    const [command = "sh", ...args] = this.shell.split(" ");
    return this.spawn(command, [...args, this.path(script), ...[verb].flat()], stdin, env);
  }

  /** A verb with arguments, whose answer is bytes. */
  runSync(words: readonly string[]): SpawnSyncReturns<Buffer> {
    const [command = "sh", ...args] = this.shell.split(" ");
    return spawnSync(command, [...args, this.path("/var/lib/kube-pki/node.sh"), ...words], {
      env: this.environment(),
      maxBuffer: 1 << 28,
    });
  }

  protected environment(): NodeJS.ProcessEnv {
    return {
      PATH: process.env["PATH"] ?? "",
      KUBE_PKI_ROOT: this.root,
      KUBE_PKI_PATH: this.searchPath,
      KUBE_PKI_SH: this.shell,
      // for what has to come: as long as a busy machine may take; what is to run out sets KUBE_PKI_LIMITS
      KUBE_PKI_LIMIT: "60",
      FAKE_UNITS: this.units,
      ...this.env,
    };
  }

  spawn(command: string, args: string[], stdin: string, env: Record<string, string> = {}): Promise<Result> {
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { detached: this.detached, env: { ...this.environment(), ...env } });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on("data", (data: Buffer) => out.push(data));
      child.stderr.on("data", (data: Buffer) => err.push(data));
      child.on("error", reject);
      child.stdin.on("error", () => undefined); // it may refuse before it has read all
      child.stdin.end(stdin);
      child.on("close", (code) => {
        const stderr = Buffer.concat(err).toString();
        resolve({
          code,
          stdout: Buffer.concat(out).toString(),
          stderr,
          why: stderr.trimEnd().split("\n").at(-1) ?? "",
        });
      });
    });
  }

  /** Defines a unit that serves TLS from files of this root; `start` makes it run. */
  async unit(
    name: string,
    mode: "hot" | "once" | "cold",
    files: { cert: string; key: string; ca: string },
  ): Promise<number> {
    const port = await freePort();
    const folder = join(this.units, name);
    fs.mkdirSync(folder);
    const words = [process.execPath, join(__dirname, "stub", "tls-server"), String(port)];
    words.push(this.path(files.cert), this.path(files.key), this.path(files.ca), mode, folder);
    fs.writeFileSync(join(folder, "command"), words.join(" "));
    return port;
  }

  async start(name: string): Promise<void> {
    const { code } = await this.spawn(join(this.tools, "systemctl"), ["restart", name], "");
    if (code !== 0)
      throw new Error(`unit ${name} did not start: ${fs.readFileSync(join(this.units, name, "log"), "utf8")}`);
  }

  /** All at once; where one fails the others have come up or failed as well, so that `remove` ends them. */
  async startAll(...names: readonly string[]): Promise<void> {
    const started = await Promise.allSettled(names.map((name) => this.start(name)));
    for (const each of started) if (each.status === "rejected") throw each.reason;
  }

  pid(name: string): number {
    return Number(fs.readFileSync(join(this.units, name, "pid"), "utf8"));
  }

  /** How often systemctl was asked to restart a unit. */
  restarts(name: string): number {
    const calls = join(this.units, "calls");
    return fs.existsSync(calls)
      ? fs
          .readFileSync(calls, "utf8")
          .split("\n")
          .filter((line) => line.startsWith("restart ") && line.endsWith(` ${name}`)).length
      : 0;
  }

  /** What `lay` begins; where that fails nothing of it goes on, which would keep mocha from ending. */
  async begun(lay: () => Promise<unknown>): Promise<this> {
    try {
      await lay();
    } catch (error) {
      this.remove();
      throw error;
    }
    return this;
  }

  /** Also once more: why `begun` did so is what a person wants to read. */
  remove(): void {
    if (!fs.existsSync(this.root)) return;
    for (const name of fs.readdirSync(this.units)) {
      try {
        process.kill(this.pid(name), "SIGKILL"); // one that lingers heeds no other
      } catch {
        // not a unit, or it has ended
      }
    }
    fs.rmSync(this.root, { recursive: true, force: true });
  }
}
