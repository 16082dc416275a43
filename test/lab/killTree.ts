/** Ends a program and all that it has started. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";

const parentOf = (pid: string): string | undefined => {
  try {
    return /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

/** The process and all that descends from it; pulumi's plugins are groups of their own, so its group is not enough. */
export const familyOf = (root: number): string[] => {
  const parents = new Map(
    readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => [pid, parentOf(pid)]),
  );
  const family = [String(root)];
  // grows while it is walked
  for (const pid of family) for (const [child, parent] of parents) if (parent === pid) family.push(child);
  return family;
};

/** Its arguments with blanks between; undefined: it has ended by itself. */
export const commandOf = (pid: string): string | undefined => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return undefined;
  }
};

const signal = (pid: string, name: "SIGSTOP" | "SIGKILL"): void => {
  try {
    process.kill(Number(pid), name);
  } catch {
    // it has ended by itself
  }
};

/** Stops all of them first, until there is none that was not stopped: what still runs could start another unseen. */
export const killTree = (root: number): void => {
  assert.ok(root > 1, "pulumi's process is not known");
  const stopped = new Set<string>();
  for (let running = familyOf(root); running.length > 0; running = familyOf(root).filter((pid) => !stopped.has(pid)))
    for (const pid of running) {
      signal(pid, "SIGSTOP");
      stopped.add(pid);
    }
  for (const pid of stopped) signal(pid, "SIGKILL");
};

/** The child of this process that runs a program of this name; undefined: there is none. */
export const childNamed = (name: string): number | undefined => {
  for (const pid of familyOf(process.pid)) {
    if (parentOf(pid) !== String(process.pid)) continue;
    try {
      if (readFileSync(`/proc/${pid}/comm`, "utf8").trim() === name) return Number(pid);
    } catch {
      // it has ended by itself
    }
  }
  return undefined;
};
