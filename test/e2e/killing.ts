/** `pulumi up` that is killed where one resource begins or ends. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { tail } from "./scenario";
import type { Stack } from "./stack";

/** A line of pulumi's that tells of a resource: its type, its name, what became of it. */
const EVENT = /:\S+ +(\S+) +((?:creat|updat|replac|delet)(?:ing|ed))\b/;

/** Where one resource begins or ends, such as `kube-pki-w1-apply updating`; undefined for any other line. */
export const boundaryOf = (line: string): string | undefined => {
  const [, name, what] = EVENT.exec(line) ?? [];
  return name === undefined || what === undefined ? undefined : `${name} ${what}`;
};

const parentOf = (pid: string): string | undefined => {
  try {
    return /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

/** The process and all that descends from it; pulumi's plugins are groups of their own, so its group is not enough. */
const familyOf = (root: number): string[] => {
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

export interface KilledUp {
  /** Lines that told of a resource: more than boundaries, as some resources tell what they are at. */
  events: number;
  /** Each once, in the order in which they came. */
  readonly boundaries: readonly string[];
  /** The line it was killed at; empty when it ended by itself. */
  at: string;
}

/** Runs `pulumi up`, and kills it with all it started at the first line that is asked for. */
export const upKilledAt = async (
  stack: Stack,
  isMoment: (event: number, boundary: string) => boolean,
): Promise<KilledUp> => {
  const boundaries = new Set<string>();
  const seen = { events: 0, at: "" };
  let pid = 0;
  const onLine = (line: string): void => {
    const boundary = boundaryOf(line);
    if (boundary === undefined || seen.at !== "") return;
    seen.events += 1;
    boundaries.add(boundary);
    if (!isMoment(seen.events, boundary)) return;
    seen.at = line.trim();
    killTree(pid);
  };
  const { code, stdout, stderr } = await stack.up({ onLine, onStart: (started) => (pid = started) });
  if (seen.at === "") assert.equal(code, 0, tail(stdout + stderr));
  return { ...seen, boundaries: [...boundaries] };
};
