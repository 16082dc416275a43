import { randomBytes } from "node:crypto";
import {
  chmodSync,
  closeSync,
  existsSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { createGroups } from "./cgroup";
import { namespacePath, nodeNamespace } from "./network";
import { nodeDir } from "./paths";
import { must } from "./process";
import { binariesOnNode } from "./rootfsFiles";
import { ensureKey, keyFile, trustHost } from "./ssh";
import type { LabState } from "./state";
import {
  hasKubelet,
  hasStandaloneKubelet,
  isV6,
  podSubnet,
  type Installer,
  type NodeSpec,
  usesKubeadm,
} from "./topology";

/**
 * A node is an overlay on the shared root file system, with three folders of the host's own file system bound in:
 * containerd needs one under it for its own overlays, the kubelet's mounts and etcd's writes are better off there.
 */
export const boundFolders = ["containerd", "kubelet", "etcd"] as const;

/** Where a file that the node has written lies on this machine; not one that it shares with all nodes. */
export function onDisk(labFolder: string, node: string, path: string): string {
  const bound = boundFolders.find((name) => path.startsWith(`/var/lib/${name}/`));
  return join(nodeDir(labFolder, node), bound === undefined ? join("upper", path) : path.slice("/var/lib/".length));
}

export function hostKeyFile(labFolder: string, node: string): string {
  return join(nodeDir(labFolder, node), "upper/etc/ssh/ssh_host_ed25519_key");
}

/** The node's public host key, as it stands in known_hosts: type and base64 text. */
export function hostKeyOf(labFolder: string, node: string): string {
  const text = readFileSync(`${hostKeyFile(labFolder, node)}.pub`, "utf8");
  return text.split(" ").slice(0, 2).join(" ");
}

/** Folders of a node that has an empty disk. */
export function makeDisk(labFolder: string, node: string): void {
  for (const folder of ["upper", "work", "root", ...boundFolders])
    mkdirSync(join(nodeDir(labFolder, node), folder), { recursive: true });
  // The kubelet and etcd want their folders closed to others.
  chmodSync(join(nodeDir(labFolder, node), "etcd"), 0o700);
}

function cniConfig(address: string): string {
  return JSON.stringify({
    cniVersion: "0.4.0",
    name: "lab",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          ranges: [[{ subnet: podSubnet(address) }]],
          routes: [{ dst: isV6(address) ? "::/0" : "0.0.0.0/0" }],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  });
}

/** Writes what makes this node itself: name, addresses of its peers, keys, pod network. Keeps what a prepared node has. */
export async function writeIdentity(
  labFolder: string,
  node: NodeSpec,
  all: readonly NodeSpec[],
  installer: Installer,
): Promise<void> {
  const upper = join(nodeDir(labFolder, node.name), "upper");
  const put = (path: string, text: string, mode = 0o644): void => {
    const file = join(upper, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode });
  };
  const publicKey = readFileSync(`${keyFile(labFolder)}.pub`, "utf8");
  put("etc/hostname", `${node.name}\n`);
  const localhost = ["127.0.0.1 localhost", ...(isV6(node.address) ? ["::1 localhost"] : [])];
  put("etc/hosts", [...localhost, ...all.map((each) => `${each.address} ${each.name}`), ""].join("\n"));
  if (!existsSync(join(upper, "etc/machine-id"))) put("etc/machine-id", `${randomBytes(16).toString("hex")}\n`, 0o444);
  put("etc/cni/net.d/10-lab.conflist", cniConfig(node.address));
  put("root/.ssh/authorized_keys", publicKey, 0o600);
  // An account that is not root and has passwordless sudo, as cloud images have; sshd wants its key file outside a foreign home.
  put("etc/ssh/authorized_keys.d/ops", publicKey);
  put("etc/ssh/sshd_config.d/keys.conf", "AuthorizedKeysFile .ssh/authorized_keys /etc/ssh/authorized_keys.d/%u\n");
  chmodSync(join(upper, "root"), 0o700);
  chmodSync(join(upper, "root/.ssh"), 0o700);
  await ensureKey(hostKeyFile(labFolder, node.name), node.name);
  trustHost(labFolder, node.address, hostKeyOf(labFolder, node.name));
  const units = "etc/systemd/system";
  if (!hasKubelet(node, installer) && !hasStandaloneKubelet(node, installer))
    for (const unit of ["containerd", "kubelet"]) link(upper, `${units}/${unit}.service`, "/dev/null");
  else if (usesKubeadm[installer])
    link(upper, `${units}/multi-user.target.wants/kubelet.service`, "../kubelet.service");
}

function link(upper: string, path: string, target: string): void {
  mkdirSync(dirname(join(upper, path)), { recursive: true });
  if (lstatSync(join(upper, path), { throwIfNoEntry: false }) === undefined) symlinkSync(target, join(upper, path));
}

/**
 * $1 node folder, $2 lower layer, $3 the node's cgroups one a line, then the command.
 * The overlay is mounted in a mount namespace of its own: it goes away with the node's last process.
 */
const bootScript = `
for group in $3; do echo $$ >"$group/cgroup.procs"; done
cd "$1"
mount -t overlay kube-pki -o "lowerdir=$2,upperdir=upper,workdir=work" root
mkdir -p /run/systemd/nspawn
mount -t tmpfs tmpfs /run/systemd/nspawn
shift 3
exec "$@"
`;

/** Starts a node and returns at once; its console goes to console.log in its folder. */
export function boot(state: LabState, labFolder: string, node: NodeSpec): void {
  const folder = nodeDir(labFolder, node.name);
  const groups = createGroups(state.cgroups, node.name);
  const nspawn = [
    "systemd-nspawn",
    "--quiet",
    "--boot",
    `--directory=${join(folder, "root")}`,
    `--machine=${state.name}-${node.name}`,
    `--hostname=${node.name}`,
    `--network-namespace-path=${namespacePath(nodeNamespace(state.name, node.name))}`,
    "--register=no",
    "--keep-unit",
    "--kill-signal=SIGRTMIN+3",
    "--capability=all",
    "--resolv-conf=off",
    "--timezone=off",
    "--link-journal=no",
    "--console=pipe",
    "--bind=/dev/kmsg",
    ...boundFolders.map((name) => `--bind=${join(folder, name)}:/var/lib/${name}`),
    `--bind-ro=${state.binaries}:${binariesOnNode}`,
  ];
  const argv = [
    "--mount",
    "--propagation",
    "private",
    "sh",
    "-euc",
    bootScript,
    "sh",
    folder,
    state.rootfs,
    groups.join("\n"),
    ...nspawn,
  ];
  const log = openSync(join(folder, "console.log"), "a");
  const child = spawn("unshare", argv, {
    detached: true,
    stdio: ["ignore", log, log],
    // /proc/sys stays read-only but for net, and nspawn's own filter would refuse what a container runtime needs.
    env: { ...process.env, SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network", SYSTEMD_SECCOMP: "0" },
  });
  child.on("error", () => undefined);
  child.unref();
  closeSync(log);
}

/** The end of a node's console, for the sentence of a node that does not come up. */
export function consoleTail(labFolder: string, node: string): string {
  const file = join(nodeDir(labFolder, node), "console.log");
  if (!existsSync(file)) return "no console output";
  return readFileSync(file, "utf8").trim().split("\n").slice(-3).join(" | ").slice(-400);
}

/** Removes a node's disk; asked only after its processes are gone. */
export async function wipeDisk(labFolder: string, node: string): Promise<void> {
  await must(["rm", "-rf", "--one-file-system", nodeDir(labFolder, node)]);
}
