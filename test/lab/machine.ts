import { join } from "node:path";
import { endGroups, populated } from "./cgroup";
import { memberFiles } from "./etcdadm";
import { standaloneKubelet } from "./externalEtcd";
import { fleetFiles } from "./fleetFiles";
import { writeUnits } from "./hardway";
import { unitFiles } from "./hardwayUnits";
import { sprayedFiles } from "./kubesprayFiles";
import { createNodeNetwork, removeNodeNetwork } from "./network";
import { boot, consoleTail, makeDisk, wipeDisk, writeIdentity } from "./node";
import { nodeDir, runDir } from "./paths";
import { sleep, waitFor } from "./process";
import { copyContainerd, copyDisk } from "./snapshot";
import { runOnNode } from "./ssh";
import type { LabState } from "./state";
import { topology, type Installer, type NodeSpec } from "./topology";

/** A node's life as a machine: it gets a disk, is switched on, is shut down, loses its power, is thrown away. */

function groupsOf(state: LabState, node: NodeSpec): string[] {
  return state.cgroups.map((group) => join(group, node.name));
}

/** Units, and what they read, of what kubeadm does not install. */
const bareFiles: Readonly<Record<Installer, typeof unitFiles>> = {
  kubeadm: () => ({}),
  "external-etcd": standaloneKubelet,
  hardway: unitFiles,
  etcdadm: memberFiles,
  kubespray: sprayedFiles,
  fleet: fleetFiles,
};

/** Gives the node its disk: a copy of the prepared one, or an empty one with the container images. */
export async function furnish(state: LabState, node: NodeSpec, prepared?: string): Promise<void> {
  const { installer } = topology(state.topology);
  const folder = runDir(state.name);
  if (prepared !== undefined) await copyDisk(prepared, folder, node.name);
  makeDisk(folder, node.name);
  if (prepared === undefined) {
    await copyContainerd(state.containerdRoot, join(nodeDir(folder, node.name), "containerd"));
    writeUnits(folder, node.name, bareFiles[installer](node, state.nodes));
  }
  await writeIdentity(folder, node, state.nodes, installer);
}

/** Switches the node on and waits until it answers ssh with the lab's key and the host key we know. */
export async function powerOn(state: LabState, node: NodeSpec): Promise<void> {
  const folder = runDir(state.name);
  await createNodeNetwork(state.name, node);
  boot(state, folder, node);
  const end = Date.now() + 60_000;
  for (;;) {
    const { code, stderr } = await runOnNode(state.name, folder, node, "true", { timeoutMs: 20_000 });
    if (code === 0) return;
    if (Date.now() > end) {
      const console = consoleTail(folder, node.name);
      const why = stderr.trim();
      throw new Error(`${node.name}: does not answer ssh 60 s after its start (${why}); its console ends: ${console}`);
    }
    await sleep(150);
  }
}

/** Shuts the node down as a power button does and waits until nothing of it runs. */
export async function powerOff(state: LabState, node: NodeSpec): Promise<void> {
  const text = "systemctl stop kubelet; systemctl --no-block poweroff";
  await runOnNode(state.name, runDir(state.name), node, text, { timeoutMs: 120_000 });
  const off = (): Promise<true | undefined> => Promise.resolve(populated(groupsOf(state, node)) ? undefined : true);
  await waitFor(`${node.name}: is off`, 120_000, 100, off);
}

/**
 * Ends the node at once, whatever it is at; its disk stays, for `powerOn`. What it wrote and had not flushed is not lost, as it
 * would be in a machine: the page cache is this machine's.
 */
export async function cutPower(state: LabState, node: NodeSpec): Promise<void> {
  await endGroups(groupsOf(state, node), node.name);
  await removeNodeNetwork(state.name, node.name);
}

/** Ends the node at once and removes its disk and interface, as if the machine were gone. */
export async function discard(state: LabState, node: NodeSpec): Promise<void> {
  await cutPower(state, node);
  await wipeDisk(runDir(state.name), node.name);
}
