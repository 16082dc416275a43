// One toolchain run at a time obtains tools: two Go builds at once would fight
// for a small machine's memory and cores.

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, linkSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface LockOptions {
  readonly log: (line: string) => void;
  readonly pollMs?: number;
}

interface Owner {
  /** The lock's whole text: two locks with the same text are the same lock. */
  readonly text: string;
  readonly pid: number;
  /** Tells a process from a later one that was given the same number; empty where the system has no /proc. */
  readonly started: string;
}

/** Waits for the lock, runs the work, and lets go, also when the process ends in the middle. */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  let told = false;
  while (!take(path)) {
    const owner = read(path);
    if (owner !== undefined && isAlive(owner)) {
      if (!told) options.log(`waiting for process ${String(owner.pid)}, which is getting tools now`);
      told = true;
      await sleep(options.pollMs ?? 500);
    } else {
      if (owner !== undefined) removeStale(path, owner);
      // Whatever is wrong with the lock's folder, this never spins.
      await sleep(5);
    }
  }
  const release = (): void => {
    rmSync(path, { force: true });
  };
  process.once("exit", release);
  try {
    return await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

/** A link appears with its content in one step, so nobody ever reads a half-written lock. */
function take(path: string): boolean {
  const own = `${path}.${String(process.pid)}`;
  writeFileSync(own, `${String(process.pid)} ${startOf(process.pid)}\n`);
  try {
    linkSync(own, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function read(path: string): Owner | undefined {
  try {
    const text = readFileSync(path, "utf8");
    const [pid = "", started = ""] = text.trim().split(" ");
    return { text, pid: Number(pid), started };
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Moves the dead owner's lock aside; where another process was faster, its fresh lock is put back. */
function removeStale(path: string, dead: Owner): void {
  const aside = `${path}.stale.${String(process.pid)}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  const moved = read(aside);
  if (moved && moved.text !== dead.text) linkSync(aside, path);
  rmSync(aside, { force: true });
}

function isAlive({ pid, started }: Owner): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    return isCode(error, "EPERM");
  }
  return started === "" || started === startOf(pid);
}

/** Field 22 of /proc/PID/stat; the fields are counted after the name, which may hold spaces. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
