/** What a cluster of stubs and its stack are put back to: nodes' files and the state, kept under a name. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { unitsOn } from "../../lab/hardwayUnits";
import type { Lab } from "../../lab/lab";
import { inWaves } from "../../lab/waves";
import type { Stack } from "../stack";

const KEPT = [
  "/etc/etcd",
  "/etc/systemd/system",
  "/var/lib/kubernetes",
  "/var/lib/kubelet",
  "/var/lib/kube-proxy",
  "/var/lib/kube-pki",
];

/** Waits for what a killed pulumi left running on the node. */
const saveScript = (name: string): string => `
exec 9>/var/lib/kube-pki/lock
flock -w 300 9
tar -C / -cpf /root/${name}.tar $(for folder in ${KEPT.join(" ")}; do [ ! -d $folder ] || echo ".$folder"; done)`;

/**
 * What is bound into a node is emptied, not removed. Files first, then a new second, then the processes: whoever compares
 * their times sees processes that are newer.
 */
const restoreScript = (name: string, units: string): string => `
exec 9>/var/lib/kube-pki/lock
flock -w 300 9
systemctl stop ${units}
for folder in ${KEPT.join(" ")}; do [ ! -d $folder ] || find $folder -mindepth 1 -delete; done
tar -C / -xpf /root/${name}.tar
systemctl daemon-reload
sleep 1.1
systemctl start ${units}`;

/** Keeps nodes and stack as they are now, under a name. */
export const saveCluster = async (lab: Lab, stack: Stack, name: string): Promise<void> => {
  await inWaves(lab.nodes, (node) => lab.must(node.name, saveScript(name), { timeoutMs: 320_000 }));
  cpSync(join(stack.folder, "state"), join(stack.folder, name), { recursive: true, preserveTimestamps: true });
};

/** Nodes and stack as they were, the stubs started. */
export const restoreCluster = async (lab: Lab, stack: Stack, name: string): Promise<void> => {
  const state = join(stack.folder, "state");
  rmSync(state, { recursive: true });
  cpSync(join(stack.folder, name), state, { recursive: true, preserveTimestamps: true });
  await inWaves(lab.nodes, (node) =>
    lab.must(node.name, restoreScript(name, unitsOn(node).join(" ")), { timeoutMs: 400_000 }),
  );
};
