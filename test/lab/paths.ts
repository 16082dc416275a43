import { homedir } from "node:os";
import { join } from "node:path";

/** Where everything that can be made again is kept, shared by the toolchain and the lab. */
export const cacheDir = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "kube-pki");

const lab = join(cacheDir, "lab");

/** The lab's folders. Only `run` holds anything that lives; the others are caches keyed by a digest of their inputs. */
export const labDirs = {
  binaries: join(lab, "binaries"),
  rootfs: join(lab, "rootfs"),
  images: join(lab, "images"),
  prepared: join(lab, "prepared"),
  stubs: join(lab, "stubs"),
  run: join(lab, "run"),
  locks: join(lab, "locks"),
} as const;

/** The folder of one running lab. */
export function runDir(lab: string): string {
  return join(labDirs.run, lab);
}

/** The folder of one node of a lab, running or prepared. */
export function nodeDir(labFolder: string, node: string): string {
  return join(labFolder, "nodes", node);
}
