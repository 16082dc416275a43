/** What a command on the controller costs it, the nodes and the network. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createGroups, endGroups, labGroups } from "../../test/lab/cgroup";
import type { Lab } from "../../test/lab/lab";
import { failure, must, run } from "../../test/lab/process";

export interface Cost {
  readonly seconds: number;
  /** User and system, of all that ran on the controller. */
  readonly controllerCpuSeconds: number;
  /** The most that all of it together had at once, what processes share counted once. */
  readonly memoryMb: number;
  /** User and system of all nodes, without what they take when nobody asks anything of them. */
  readonly nodeCpuSeconds: number;
  readonly connections: number;
  /** What the controller's processes have written to files, a state's saves among it. */
  readonly writtenMb: number;
}

const LOOK_MS = 200;

const fileOf = (group: string, name: string): string => {
  try {
    return readFileSync(join(group, name), "utf8");
  } catch {
    return "";
  }
};

/** The first group that has a file with such a line; where there are several hierarchies each has files of its own. */
const numberIn = (groups: readonly string[], name: string, line: RegExp): number =>
  Number(groups.map((group) => line.exec(fileOf(group, name))?.[1]).find((found) => found !== undefined) ?? 0);

const cpuSeconds = (groups: readonly string[]): number => numberIn(groups, "cpu.stat", /^usage_usec (\d+)$/m) / 1e6;

/** Memory of processes without the page cache: `total_rss` of cgroup v1, `anon` of v2. */
const memoryMb = (groups: readonly string[]): number =>
  numberIn(groups, "memory.stat", /^(?:total_rss|anon) (\d+)$/m) / 1e6;

/** `write_bytes` of proc(5). */
export const writtenMb = (io: string): number => Number(/^write_bytes: (\d+)$/m.exec(io)?.[1] ?? NaN) / 1e6;

/** Counts the first packet of each connection to an sshd. */
const COUNTER = `table inet race {
  counter ssh {}
  chain out {
    type filter hook output priority 0;
    tcp dport 22 tcp flags & (syn | ack) == syn counter name ssh
  }
}`;

/** $1 the groups one a line, then the command; a shell's own account holds those of all it has waited for. */
const SCRIPT = `
for group in $1; do echo $$ >"$group/cgroup.procs"; done
shift
code=0
"$@" || code=$?
cat /proc/$$/io >&2
exit $code`;

export class Meter {
  private idleNodeCpu = 0;
  private runs = 0;

  private constructor(
    private readonly lab: Lab,
    private readonly rootfs: string,
  ) {}

  /** @param rootfs of the nodes, which has nft */
  public static async start(lab: Lab, rootfs: string): Promise<Meter> {
    const meter = new Meter(lab, rootfs);
    await meter.nft(["-f", "-"], COUNTER);
    return meter;
  }

  /** Looks for so long at what the nodes take by themselves. */
  public async lookAtIdleNodes(ms: number): Promise<void> {
    const before = this.nodeCpu();
    await new Promise((resolve) => setTimeout(resolve, ms));
    this.idleNodeCpu = ((this.nodeCpu() - before) / ms) * 1000;
  }

  /** Runs a command that must succeed inside the lab's network; whatever it leaves running is ended. */
  public async measure(argv: readonly string[], env: NodeJS.ProcessEnv, cwd: string): Promise<Cost> {
    const member = `_controller${String(this.runs++)}`;
    const groups = createGroups(labGroups(this.lab.name), member);
    let memory = 0;
    const look = setInterval(() => (memory = Math.max(memory, memoryMb(groups))), LOOK_MS);
    try {
      await this.connections();
      const nodesBefore = this.nodeCpu();
      const began = performance.now();
      const result = await run(this.lab.driver(["sh", "-uc", SCRIPT, "sh", groups.join("\n"), ...argv]), {
        env: { ...process.env, ...env },
        cwd,
        timeoutMs: 3_600_000,
      });
      const seconds = (performance.now() - began) / 1000;
      if (result.code !== 0) throw new Error(`${failure(argv.join(" "), result)}\n${result.stdout}${result.stderr}`);
      return {
        seconds,
        controllerCpuSeconds: cpuSeconds(groups),
        memoryMb: memory,
        nodeCpuSeconds: Math.max(0, this.nodeCpu() - nodesBefore - this.idleNodeCpu * seconds),
        connections: await this.connections(),
        writtenMb: writtenMb(result.stderr),
      };
    } finally {
      clearInterval(look);
      await endGroups(groups, member);
    }
  }

  private nodeCpu(): number {
    const groups = labGroups(this.lab.name);
    return this.lab.nodes.reduce((sum, { name }) => sum + cpuSeconds(groups.map((group) => join(group, name))), 0);
  }

  /** Since it was asked last. */
  private async connections(): Promise<number> {
    const said = await this.nft(["reset", "counter", "inet", "race", "ssh"]);
    return Number(/packets (\d+)/.exec(said)?.[1] ?? NaN);
  }

  private nft(args: readonly string[], stdin = ""): Promise<string> {
    return must(this.lab.driver(["chroot", this.rootfs, "nft", ...args]), { stdin });
  }
}
