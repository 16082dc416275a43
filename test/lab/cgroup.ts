import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { sleep } from "./process";

/**
 * One cgroup per node in every hierarchy: without them all nodes would share ours, and there would be no sure way
 * to end a node. On a hybrid (v1) machine the parent is the cgroup this process is in; on a pure v2 machine it is
 * the root, the only place where a cgroup may hold processes and hand controllers down. Pure v2 was written from
 * the kernel's documentation and not tried on the machine this was made on.
 */
const root = "/sys/fs/cgroup";
const parentName = "kube-pki";

interface Hierarchy {
  readonly controller: string;
  readonly base: string;
}

export function isPureV2(): boolean {
  return existsSync(join(root, "cgroup.controllers"));
}

/** Where cgroup.kill and cgroup.events are: the only hierarchy on v2, `unified` on a hybrid machine. */
export function unifiedRoot(): string {
  return isPureV2() ? root : join(root, "unified");
}

/** The hierarchies of this machine with the cgroup ours are made under. */
export function hierarchies(text = readFileSync("/proc/self/cgroup", "utf8"), pureV2 = isPureV2()): Hierarchy[] {
  if (pureV2) return [{ controller: "unified", base: root }];
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [, names = "", ...path] = line.split(":");
      const controller = names === "" ? "unified" : names.replace(/^name=/, "");
      return { controller, base: resolve(join(root, controller, path.join(":"))) };
    });
}

/** The lab's cgroup folders, one per hierarchy; kept in the lab's state so that another process can clear them. */
export function labGroups(lab: string): string[] {
  return hierarchies().map(({ base }) => join(base, parentName, lab));
}

/** Makes the cgroups of one member (a node or the balancer) under the lab's and gives their folders. */
export function createGroups(groups: readonly string[], member: string): string[] {
  return groups.map((group) => {
    const folder = join(group, member);
    for (const parent of [dirname(group), group]) {
      mkdirSync(parent, { recursive: true });
      handDown(parent);
    }
    mkdirSync(folder, { recursive: true });
    return folder;
  });
}

function handDown(parent: string): void {
  // cpuset on v1: a new cgroup has no CPUs and takes no process until it is given some.
  if (existsSync(join(parent, "cpuset.cpus")) && existsSync(join(parent, "cgroup.clone_children"))) {
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
      if (readFileSync(join(parent, file), "utf8").trim() !== "") continue;
      writeFileSync(join(parent, file), readFileSync(join(dirname(parent), file), "utf8"));
    }
    writeFileSync(join(parent, "cgroup.clone_children"), "1");
  }
  if (isPureV2()) {
    const controllers = readFileSync(join(parent, "cgroup.controllers"), "utf8").trim().split(" ");
    const wanted = controllers.filter((each) => each !== "").map((each) => `+${each}`);
    writeFileSync(join(parent, "cgroup.subtree_control"), wanted.join(" "));
  }
}

/** Says whether a process is left in the cgroup or below. */
export function populated(groups: readonly string[]): boolean {
  return groups.some((group) => {
    const events = join(group, "cgroup.events");
    return existsSync(events) && readFileSync(events, "utf8").includes("populated 1");
  });
}

/** Ends every process in the cgroups and below, then removes the cgroups. Killing nspawn alone would leave its node running. */
export async function endGroups(groups: readonly string[], what: string): Promise<void> {
  for (const group of groups) {
    const kill = join(group, "cgroup.kill");
    if (existsSync(kill)) writeFileSync(kill, "1");
  }
  const end = Date.now() + 20_000;
  while (populated(groups)) {
    if (Date.now() > end) throw new Error(`${what}: processes are still there 20 s after cgroup.kill`);
    await sleep(50);
  }
  let left = groups.filter((group) => existsSync(group));
  while (left.length > 0) {
    left = left.filter((group) => !removeTree(group));
    if (left.length === 0) break;
    if (Date.now() > end) throw new Error(`${what}: the cgroup ${left[0] ?? ""} cannot be removed`);
    await sleep(50);
  }
  for (const parent of new Set(groups.map((group) => dirname(group)))) {
    if (parent.endsWith(`/${parentName}`)) removeIfEmpty(parent);
  }
}

function removeTree(group: string): boolean {
  try {
    for (const entry of readdirSync(group, { withFileTypes: true })) {
      if (entry.isDirectory() && !removeTree(join(group, entry.name))) return false;
    }
    rmdirSync(group);
    return true;
  } catch {
    // Busy while the last processes are torn down, or gone already: the caller asks again.
    return !existsSync(group);
  }
}

function removeIfEmpty(group: string): void {
  try {
    rmdirSync(group);
  } catch {
    // Another lab lives there.
  }
}
