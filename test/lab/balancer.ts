import { spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createGroups } from "./cgroup";
import { inNamespace, labNamespace } from "./network";
import { waitFor } from "./process";
import type { LabState } from "./state";
import { labNetwork, withRole, type NodeSpec } from "./topology";

/** The load balancer's name among a lab's members; no node can have it. */
const member = "_balancer";

export function balancerConfig(controlPlanes: readonly NodeSpec[]): string {
  const port = String(labNetwork.apiPort);
  return `global
  maxconn 2000
  stats socket /run/haproxy.sock mode 600 level admin
  log stdout format raw local0

defaults
  mode tcp
  log global
  option redispatch
  retries 3
  timeout connect 2s
  timeout client 1h
  timeout server 1h
  timeout tunnel 1h

frontend api
  bind ${labNetwork.address}:${port}
  default_backend control-planes

backend control-planes
  option httpchk GET /readyz
  http-check expect status 200
  default-server check check-ssl verify none inter 500ms fall 2 rise 2 on-marked-down shutdown-sessions
${controlPlanes.map((node) => `  server ${node.name} ${node.address}:${port}`).join("\n")}
`;
}

/** $1 folder, $2 root file system, $3 cgroups. haproxy comes from the nodes' root file system, so the host needs none. */
const script = `
for group in $3; do echo $$ >"$group/cgroup.procs"; done
mount --bind "$1" "$2/run"
exec chroot "$2" /usr/sbin/haproxy -db -f /run/haproxy.cfg
`;

/** Starts the balancer on the lab's own address and waits until it listens. */
export async function startBalancer(state: LabState, labFolder: string): Promise<void> {
  const folder = join(labFolder, "balancer");
  mkdirSync(folder, { recursive: true });
  const socket = join(folder, "haproxy.sock");
  rmSync(socket, { force: true });
  writeFileSync(join(folder, "haproxy.cfg"), balancerConfig(withRole(state.nodes, "control-plane")));
  const groups = createGroups(state.cgroups, member);
  const isolated = [
    "unshare",
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-euc",
    script,
    "sh",
    folder,
    state.rootfs,
    groups.join("\n"),
  ];
  const [command = "", ...args] = inNamespace(labNamespace(state.name), isolated);
  const logFile = join(folder, "haproxy.log");
  const log = openSync(logFile, "a");
  const child = spawn(command, args, { detached: true, stdio: ["ignore", log, log] });
  let ended = false;
  child.on("error", () => (ended = true));
  child.on("exit", () => (ended = true));
  child.unref();
  closeSync(log);
  await waitFor("the balancer listens", 10_000, 30, () => {
    if (ended)
      throw new Error(`the balancer does not start: ${readFileSync(logFile, "utf8").trim().split("\n").at(-1) ?? ""}`);
    return Promise.resolve(existsSync(socket) ? true : undefined);
  });
}
