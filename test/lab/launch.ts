import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import { startBalancer } from "./balancer";
import { labGroups } from "./cgroup";
import { clearAbandoned } from "./clean";
import { unsupported } from "./host";
import { ensureInputs, type Inputs } from "./inputs";
import { install } from "./installers";
import { Lab, type LabOptions } from "./lab";
import { raiseLimits } from "./limits";
import { self } from "./lock";
import { furnish, powerOn } from "./machine";
import { createLabNetwork } from "./network";
import { runDir } from "./paths";
import { ensurePrepared } from "./prepared";
import { step, type Log } from "./progress";
import { waitForCluster, wholeSeconds } from "./ready";
import { ensureKey, keyFile } from "./ssh";
import { claim, writeState, type LabState } from "./state";
import { inWaves } from "./waves";
import { checkName, topology as topologyOf, type Topology } from "./topology";

/** How a lab comes to be: nodes switched on bare or from prepared disks, and how those were prepared. */

const readyTimeoutMs = 240_000;

/** Starts a lab; see `Lab.start`. */
export async function startLab(topologyName: string, options: LabOptions): Promise<Lab> {
  const topology = topologyOf(topologyName);
  const name = options.name ?? `${topology.name}-${String(process.pid)}`;
  checkName("lab name", name);
  const inputs = await makeReady(options.log, options.kubernetes);
  const bare = options.bare ?? false;
  const prepared = bare ? undefined : await prepare(topology, inputs, options.log);
  const since = wholeSeconds(Date.now());
  const lab = await switchOn(topology, inputs, { ...options, name, bare }, prepared);
  if (bare) return lab;
  return stopOnFailure(lab, () => waitForCluster(lab, lab.clusterNodes, since, readyTimeoutMs, options.log));
}

/** Makes the prepared cluster of a topology unless it is there. */
export async function prepareLab(topologyName: string, log: Log): Promise<void> {
  const topology = topologyOf(topologyName);
  await prepare(topology, await makeReady(log), log);
}

async function makeReady(log: Log, version?: KubernetesVersion): Promise<Inputs> {
  const missing = unsupported();
  if (missing !== undefined) throw new Error(missing);
  await clearAbandoned(log);
  return ensureInputs(log, version);
}

function prepare(topology: Topology, inputs: Inputs, log: Log): Promise<string> {
  return ensurePrepared(topology, inputs, log, async () => {
    const since = wholeSeconds(Date.now());
    const lab = await switchOn(topology, inputs, { name: `prepare-${topology.name}`, bare: true, log });
    return stopOnFailure(lab, async () => {
      await install[topology.installer](lab, log);
      await waitForCluster(lab, lab.clusterNodes, since, readyTimeoutMs, log);
    });
  });
}

async function switchOn(
  topology: Topology,
  inputs: Inputs,
  options: LabOptions & { readonly name: string },
  prepared?: string,
): Promise<Lab> {
  const { name, log, nodes = topology.nodes } = options;
  const state: LabState = {
    name,
    topology: topology.name,
    bare: options.bare ?? false,
    // Ours until it runs, also when it is to be kept: a start that is interrupted is cleared by the next.
    owner: self(),
    nodes,
    cgroups: labGroups(name),
    kubernetesVersion: inputs.binaries.kubernetesVersion,
    rootfs: inputs.rootfs.folder,
    binaries: inputs.binaries.folder,
    containerdRoot: inputs.images.containerdRoot,
  };
  claim(state);
  raiseLimits();
  const lab = new Lab(state, log);
  return stopOnFailure(lab, () =>
    step(log, `lab ${name}: starting ${nodes.map((node) => node.name).join(", ")}`, async () => {
      await ensureKey(keyFile(runDir(name)), "kube-pki lab");
      await createLabNetwork(name);
      if (topology.balanced) await startBalancer(state, runDir(name));
      // Host keys go into one file: disks are furnished one after another.
      for (const node of nodes) await furnish(state, node, prepared);
      await inWaves(nodes, (node) => powerOn(state, node));
      if (options.keep === true) writeState({ ...state, owner: undefined });
    }),
  );
}

async function stopOnFailure(lab: Lab, action: () => Promise<void>): Promise<Lab> {
  try {
    await action();
    return lab;
  } catch (error) {
    await lab.stop();
    throw error;
  }
}
