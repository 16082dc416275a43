import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { nodeDir } from "./paths";
import { must } from "./process";

/**
 * Copies of a node's disk. What containerd never writes again, blobs and unpacked layers, is hard-linked; all else,
 * its databases first of all, is a real copy (a cheap one where the file system can share blocks).
 */
const linked = ["io.containerd.content.v1.content/blobs", "io.containerd.snapshotter.v1.overlayfs/snapshots"];

/** $1 from, $2 to, then the linked folders. */
const containerdScript = `
from=$1 to=$2
shift 2
mkdir -p "$to"
set -- "$@"
exclude=
for folder in "$@"; do exclude="$exclude --exclude=./$folder"; done
# shellcheck disable=SC2086
tar -C "$from" --xattrs --xattrs-include='*' $exclude -cf - . | tar -C "$to" --xattrs --xattrs-include='*' -xpf -
for folder in "$@"; do
  [ -d "$from/$folder" ] || continue
  mkdir -p "$to/$(dirname "$folder")"
  cp -al "$from/$folder" "$to/$folder"
done
`;

export async function copyContainerd(from: string, to: string): Promise<void> {
  await must(["sh", "-euc", containerdScript, "sh", from, to, ...linked], {
    timeoutMs: 300_000,
    what: `copying ${from}`,
  });
}

/** Copies the disk of a stopped node. */
export async function copyDisk(fromLab: string, toLab: string, node: string): Promise<void> {
  const from = nodeDir(fromLab, node);
  const to = nodeDir(toLab, node);
  mkdirSync(to, { recursive: true });
  for (const folder of ["upper", "kubelet", "etcd"]) {
    await must(["cp", "-a", "--reflink=auto", join(from, folder), join(to, folder)], { timeoutMs: 300_000 });
  }
  await copyContainerd(join(from, "containerd"), join(to, "containerd"));
}
