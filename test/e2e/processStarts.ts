/**
 * How often each program of the cluster was started during a run, seen from outside the nodes: what the product says it
 * restarted is compared with it, and what crashed in between shows.
 */
import { readFileSync, readdirSync } from "node:fs";
import type { Lab } from "../lab/lab";

const PROGRAMS = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy"];

/** The kernel keeps so much of a name. */
const COMM_LENGTH = 15;

const EVERY_MS = 500;

/** `<node> <program>` of a process of this lab. */
const look = (lab: string, pid: string): string | undefined => {
  try {
    const comm = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    const program = PROGRAMS.find((name) => name.slice(0, COMM_LENGTH) === comm);
    if (program === undefined) return undefined;
    // a survey asks for it: that is no start
    if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("\0--version")) return undefined;
    const [, node] = new RegExp(`/kube-pki/${lab}/([^/\\n]+)`).exec(readFileSync(`/proc/${pid}/cgroup`, "utf8")) ?? [];
    return node === undefined ? undefined : `${node} ${program}`;
  } catch {
    // it has ended in between
    return undefined;
  }
};

export class ProcessStarts {
  private readonly seen = new Map<string, Set<string>>();
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly lab: string) {
    this.lookAtAll();
    this.timer = setInterval(() => {
      this.lookAtAll();
    }, EVERY_MS);
  }

  public static watch(lab: Lab): ProcessStarts {
    return new ProcessStarts(lab.name);
  }

  /** Restarts by `<node> <program>`; ends the watch. */
  public stop(): Record<string, number> {
    clearInterval(this.timer);
    return Object.fromEntries([...this.seen].map(([what, pids]) => [what, pids.size - 1] as const).sort());
  }

  private lookAtAll(): void {
    for (const pid of readdirSync("/proc")) {
      const what = /^\d+$/.test(pid) ? look(this.lab, pid) : undefined;
      if (what !== undefined) this.seen.set(what, (this.seen.get(what) ?? new Set()).add(pid));
    }
  }
}
