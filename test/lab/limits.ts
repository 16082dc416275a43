import { existsSync, readFileSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { labDirs } from "./paths";
import { labNames } from "./state";

/**
 * The one setting of the machine that a lab needs and no namespace can give: a node holds about 20 inotify instances
 * for root, and the usual limit of 128 fills with seven nodes; kubelets then fail in odd ways. It is raised while labs
 * run and put back when the last one ends.
 */
const setting = "/proc/sys/fs/inotify/max_user_instances";
const wanted = 8192;

function savedFile(): string {
  return join(labDirs.run, ".max_user_instances");
}

function current(): number {
  return Number(readFileSync(setting, "utf8"));
}

export function raiseLimits(): void {
  if (current() >= wanted) return;
  mkdirSync(labDirs.run, { recursive: true });
  writeFileSync(savedFile(), String(current()));
  writeFileSync(setting, String(wanted));
}

/** Puts the machine's own limit back once no lab is left; not if somebody else has changed it meanwhile. */
export function restoreLimits(): void {
  if (labNames().length > 0 || !existsSync(savedFile())) return;
  if (current() === wanted) writeFileSync(setting, readFileSync(savedFile(), "utf8"));
  rmSync(savedFile());
}
