import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { labDirs } from "./paths";
import { sleep } from "./process";
import type { Log } from "./progress";

/** A process that cannot be mistaken for a later one with the same id. */
export interface Owner {
  readonly pid: number;
  readonly startTime: string;
}

export function self(): Owner {
  return { pid: process.pid, startTime: startTime(process.pid) ?? "" };
}

export function isAlive(owner: Owner): boolean {
  return startTime(owner.pid) === owner.startTime;
}

/** When the process was started, in the kernel's ticks; undefined when there is none. */
function startTime(pid: number): string | undefined {
  try {
    // The name in parentheses may hold spaces; the fields after it do not. The start time is field 22.
    const stat = readFileSync(`/proc/${String(pid)}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** Runs `action` while no other process holds the lock of that name; a lock left by a killed process counts for nothing. */
export async function withLock<T>(name: string, log: Log, action: () => Promise<T>): Promise<T> {
  mkdirSync(labDirs.locks, { recursive: true });
  const file = join(labDirs.locks, name);
  for (let round = 0; !take(file); round++) {
    if (round % 100 === 0) log(`waiting for another process that is making ${name} ...`);
    await sleep(200);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  // Complete or not at all: a reader never sees a lock without its owner.
  const part = `${file}.${String(process.pid)}`;
  writeFileSync(part, JSON.stringify(self()));
  try {
    linkSync(part, file);
    return true;
  } catch {
    if (!isHeld(file)) rmSync(file, { force: true });
    return false;
  } finally {
    rmSync(part, { force: true });
  }
}

function isHeld(file: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(file, "utf8")) as Owner);
  } catch {
    // Just released: ask again.
    return true;
  }
}
