import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Inputs } from "./inputs";
import type { Lab } from "./lab";
import { withLock } from "./lock";
import { labDirs, nodeDir } from "./paths";
import { must } from "./process";
import { step, type Log } from "./progress";
import type { Topology } from "./topology";

/** Sources whose change makes another cluster. */
const sources = [
  "kubeadm.ts",
  "externalEtcd.ts",
  "etcdadm.ts",
  "kubespray.ts",
  "kubesprayFiles.ts",
  "fleet.ts",
  "fleetFiles.ts",
  "hardway.ts",
  "hardwayPki.ts",
  "hardwayUnits.ts",
  "leaf.ts",
  "node.ts",
];

/** A prepared cluster's certificates live a year; it is made anew long before. */
const lifetimeMs = 60 * 24 * 3600 * 1000;

/** The folder of a prepared, stopped cluster: its nodes' disks, under a name made of all that went into them. */
export function preparedDir(topology: Topology, inputs: Inputs): string {
  const hash = createHash("sha256");
  hash.update(JSON.stringify([topology, inputs.binaries.digest, inputs.rootfs.digest, inputs.images.digest]));
  for (const name of sources) hash.update(readFileSync(join(__dirname, name)));
  return join(labDirs.prepared, `${topology.name}-${hash.digest("hex").slice(0, 12)}`);
}

function isFresh(folder: string): boolean {
  const stamp = join(folder, "made");
  return existsSync(stamp) && Date.now() - Date.parse(readFileSync(stamp, "utf8")) < lifetimeMs;
}

/** Makes the prepared cluster unless there is one, and gives its folder. */
export async function ensurePrepared(
  topology: Topology,
  inputs: Inputs,
  log: Log,
  install: () => Promise<Lab>,
): Promise<string> {
  const folder = preparedDir(topology, inputs);
  if (isFresh(folder)) return folder;
  return withLock(`prepared-${topology.name}`, log, async () => {
    if (isFresh(folder)) return folder;
    await step(log, `preparing the ${topology.name} cluster, once`, async () => {
      const lab = await install();
      try {
        await step(log, "stopping it cleanly", () => lab.powerOff());
        await keep(lab, folder);
      } finally {
        await lab.stop();
      }
    });
    return folder;
  });
}

/** Moves the disks of a stopped lab into the cache. */
async function keep(lab: Lab, folder: string): Promise<void> {
  const part = `${folder}.part`;
  await must(["rm", "-rf", "--one-file-system", part, folder]);
  for (const { name } of lab.nodes) {
    mkdirSync(dirname(nodeDir(part, name)), { recursive: true });
    renameSync(nodeDir(lab.folder, name), nodeDir(part, name));
  }
  writeFileSync(join(part, "made"), new Date().toISOString());
  renameSync(part, folder);
  await prune(folder, lab.topology.name);
}

/** Removes clusters prepared from inputs that have changed; recent ones may be in use by another checkout. */
async function prune(folder: string, topology: string): Promise<void> {
  for (const name of readdirSync(labDirs.prepared)) {
    const other = join(labDirs.prepared, name);
    const old = Date.now() - statSync(other).mtimeMs > 24 * 3600 * 1000;
    if (old && other !== folder && name.startsWith(`${topology}-`))
      await must(["rm", "-rf", "--one-file-system", other]);
  }
}
