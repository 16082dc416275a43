/** A stack of this repository's program in a folder of its own, with the real engine. */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { configureStack, KUBE_PKI, makeProject } from "../../test/e2e/project";
import { pluginEnv } from "../../test/lab/plugins/env";
import { secondsIn } from "../shellTimes";

/** What one command cost on the machine that runs pulumi. */
export interface Cost {
  readonly seconds: number;
  /** User and system, of all its processes. */
  readonly cpuSeconds: number;
  /** What pulumi itself has written to files. */
  readonly writtenMb: number;
}

const LOOK_MS = 50;

/** `write_bytes` of proc(5), as long as the process lives. */
const writtenBy = (pid: number): number | undefined => {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${String(pid)}/io`, "utf8"))?.[1]);
  } catch {
    return undefined;
  }
};

const childOf = (pid: number): number | undefined => {
  try {
    const [child] = readFileSync(`/proc/${String(pid)}/task/${String(pid)}/children`, "utf8")
      .trim()
      .split(" ");
    return child === undefined || child === "" ? undefined : Number(child);
  } catch {
    return undefined;
  }
};

const without = (config: Readonly<Record<string, unknown>>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(config).filter(([name]) => !names.includes(name)));

export class Project {
  private readonly folder = mkdtempSync(join(tmpdir(), "kube-pki-bench-"));

  private constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** @param sealed keys of the configuration that are secrets */
  static async create(config: Readonly<Record<string, unknown>>, sealed: readonly string[]): Promise<Project> {
    const project = new Project({ ...process.env, ...(await pluginEnv()), PULUMI_CONFIG_PASSPHRASE: "bench" });
    makeProject(project.folder);
    project.env["PULUMI_BACKEND_URL"] = `file://${join(project.folder, "state")}`;
    project.env["PULUMI_STACK"] = "bench";
    await project.run("pulumi", ["stack", "init", "bench"]);
    for (const name of sealed)
      await project.run("pulumi", ["config", "set", "--secret", `kube-pki:${name}`, JSON.stringify(config[name])]);
    project.configure(without(config, sealed));
    return project;
  }

  configure(values: Readonly<Record<string, unknown>>): void {
    configureStack(this.folder, "bench", values);
  }

  /** @param program pulumi or kube-pki */
  async run(program: "pulumi" | "kube-pki", args: readonly string[]): Promise<Cost> {
    const began = performance.now();
    const argv = [program === "pulumi" ? program : KUBE_PKI, ...args, "--non-interactive"];
    const child = spawn("sh", ["-c", '"$@" 3>&-; code=$?; times >&3; exit $code', "sh", ...argv], {
      cwd: this.folder,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    let written = 0;
    const look = setInterval(() => {
      for (let pid = child.pid; pid !== undefined; pid = childOf(pid)) written = Math.max(written, writtenBy(pid) ?? 0);
    }, LOOK_MS);
    const closed = new Promise((resolve) => child.once("close", resolve));
    const [stdout = "", stderr = "", times = ""] = await Promise.all(
      (child.stdio.slice(1) as Readable[]).map((stream) => text(stream)),
    );
    const code = await closed;
    clearInterval(look);
    if (code !== 0) throw new Error(`${argv.join(" ")}: ${stdout}${stderr}`);
    return { seconds: (performance.now() - began) / 1000, cpuSeconds: secondsIn(times), writtenMb: written / 1e6 };
  }

  /** The checkpoint. */
  get stateText(): string {
    return readFileSync(join(this.folder, "state", ".pulumi", "stacks", "kube-pki", "bench.json"), "utf8");
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
