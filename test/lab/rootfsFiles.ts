/** What a node's root file system has beyond its packages: the text of each file, and the units that do not run. */

const nodeService = `[Unit]
Description=What a machine has and a namespace lacks
DefaultDependencies=no
Before=basic.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/lib/lab-node

[Install]
WantedBy=sysinit.target
`;

/**
 * The kubelet sets these for the whole machine, and this machine is not ours to set: in a node they are plain files
 * that hold what the kubelet wants to find. The rest of /proc/sys is read-only there but for net.
 */
const kubeletSysctls = {
  "kernel/keys/root_maxbytes": 25_000_000,
  "kernel/keys/root_maxkeys": 1_000_000,
  "kernel/panic": 10,
  "kernel/panic_on_oops": 1,
  "vm/overcommit_memory": 1,
  "vm/panic_on_oom": 0,
};

const nodeScript = `#!/bin/sh
# Prepares a node before its services start.
set -eu
mount --make-rshared /
# nspawn mounts cgroup v1 controllers read-only; the container runtime writes them.
for group in /sys/fs/cgroup/*; do
  case $group in
    */systemd | */unified) ;;
    *) mountpoint -q "$group" && mount -o remount,rw,bind "$group" ;;
  esac
done
while read -r name value; do
  file=/run/lab-sysctl/$name
  mkdir -p "$(dirname "$file")"
  echo "$value" >"$file"
  mount --bind "$file" "/proc/sys/$name"
done <<END
${Object.entries(kubeletSysctls)
  .map(([name, value]) => `${name} ${String(value)}`)
  .join("\n")}
END
`;

/** As the packages that users install lay it out, with kubeadm's drop-in folded in. */
const kubeletService = `[Unit]
Description=kubelet
Wants=network-online.target
After=network-online.target containerd.service
ConditionPathExists=/var/lib/kubelet/config.yaml
StartLimitIntervalSec=0

[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`;

function containerdConfig(sandboxImage: string): string {
  return `version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  restrict_oom_score_adj = true
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "/etc/cni/net.d"
`;
}

export interface FileText {
  readonly text: string;
  readonly mode: number;
}

export function rootfsFiles(sandboxImage: string): Record<string, FileText> {
  return {
    "/etc/systemd/system/lab-node.service": { text: nodeService, mode: 0o644 },
    "/usr/local/lib/lab-node": { text: nodeScript, mode: 0o755 },
    "/etc/systemd/system/kubelet.service": { text: kubeletService, mode: 0o644 },
    "/etc/containerd/config.toml": { text: containerdConfig(sandboxImage), mode: 0o644 },
    // Only the key the lab makes for the node: a node without one of its own fails, loudly.
    "/etc/ssh/sshd_config.d/lab.conf": {
      text: "UseDNS no\nHostKey /etc/ssh/ssh_host_ed25519_key\nMaxStartups 100\n",
      mode: 0o644,
    },
    "/etc/sudoers.d/ops": { text: "ops ALL=(ALL) NOPASSWD: ALL\n", mode: 0o440 },
    "/etc/fstab": { text: "", mode: 0o644 },
    "/etc/resolv.conf": { text: "nameserver 127.0.0.1\n", mode: 0o644 },
    "/etc/crictl.yaml": { text: "runtime-endpoint: unix:///run/containerd/containerd.sock\n", mode: 0o644 },
  };
}

/** Units that would reach for the machine or only make noise. */
export const maskedUnits = [
  "systemd-sysctl.service",
  "systemd-binfmt.service",
  "systemd-networkd.service",
  "systemd-timesyncd.service",
  "systemd-journal-flush.service",
  "systemd-update-utmp.service",
  "getty.target",
  "console-getty.service",
  "apt-daily.timer",
  "apt-daily-upgrade.timer",
  "dpkg-db-backup.timer",
  "e2scrub_all.timer",
  "e2scrub_reap.service",
  "fstrim.timer",
  "haproxy.service",
  "nftables.service",
];

export const enabledUnits = ["lab-node.service", "containerd.service", "ssh.service"];

/** Programs of the binaries folder and where users' packages put them. */
export const linkedPrograms = ["kubelet", "kubeadm", "kubectl", "kube-proxy", "etcd", "etcdctl", "etcdutl", "crictl"];

/** Where the nodes see the folder of binaries. */
export const binariesOnNode = "/opt/kubernetes/bin";
