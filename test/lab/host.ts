import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isPureV2, unifiedRoot } from "./cgroup";
import { cacheDir } from "./paths";
import { must } from "./process";
import { step, type Log } from "./progress";

/** Commands the lab and the tests run on the host, and the Debian package each one is in. */
const commands = {
  // a second shell for the node script's tests
  busybox: "busybox",
  // what `kube-pki completion` and `kube-pki man` print is for them
  zsh: "zsh",
  fish: "fish",
  mandoc: "mandoc",
  ip: "iproute2",
  nsenter: "util-linux",
  unshare: "util-linux",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  openssl: "openssl",
  sysctl: "procps",
  mmdebstrap: "mmdebstrap",
  "systemd-nspawn": "systemd-container",
} as const;

export function onPath(command: string): boolean {
  const folders = `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(":");
  return folders.some((folder) => folder !== "" && existsSync(join(folder, command)));
}

function missingPackages(): string[] {
  const missing = Object.entries(commands).filter(([command]) => !onPath(command));
  return [...new Set(missing.map(([, name]) => name))];
}

/** Each row: what must hold, tried for real where that is cheap, and the sentence when it does not. */
const requirements: readonly { readonly holds: () => boolean; readonly sentence: () => string }[] = [
  {
    holds: () => process.platform === "linux",
    sentence: () => `the lab needs Linux, this is ${process.platform}`,
  },
  {
    holds: () => process.getuid?.() === 0,
    sentence: () => "the lab needs root: its nodes are namespaces, mounts and cgroups of this machine",
  },
  {
    holds: () => missingPackages().length === 0 || onPath("apt-get"),
    sentence: () =>
      `the lab needs these packages, and there is no apt-get to install them: ${missingPackages().join(", ")}`,
  },
  {
    holds: () => succeeds(["unshare", "--mount", "--net", "--uts", "--ipc", "--pid", "--fork", "true"]),
    sentence: () => "the lab needs mount, network, uts, ipc and pid namespaces, and this machine refuses them",
  },
  {
    holds: overlayWorks,
    sentence: () => `the lab needs overlay mounts on ${cacheDir}, and this machine refuses them`,
  },
  {
    holds: () => isPureV2() || existsSync(join(unifiedRoot(), "cgroup.procs")),
    sentence: () => "the lab needs cgroup v2, alone or beside v1 in /sys/fs/cgroup/unified",
  },
  {
    holds: cgroupWorks,
    sentence: () =>
      "the lab needs to make cgroups that know cgroup.kill (Linux 5.14 or newer), and this machine refuses them",
  },
  {
    holds: () => existsSync("/dev/kmsg"),
    sentence: () => "the lab needs /dev/kmsg, which the kubelet reads",
  },
];

/** One sentence that says what the lab lacks on this machine; undefined when it can run. Leaves nothing behind and never throws. */
export function unsupported(): string | undefined {
  for (const { holds, sentence } of requirements) {
    let met = false;
    try {
      met = holds();
    } catch {
      // What cannot be tried does not work.
    }
    if (!met) return sentence();
  }
  return undefined;
}

function succeeds(argv: readonly string[]): boolean {
  const [command = "", ...args] = argv;
  return spawnSync(command, args, { stdio: "ignore", timeout: 10_000 }).status === 0;
}

function overlayWorks(): boolean {
  mkdirSync(cacheDir, { recursive: true });
  const scratch = mkdtempSync(join(cacheDir, "overlay-"));
  try {
    for (const name of ["lower", "upper", "work", "root"]) mkdirSync(join(scratch, name));
    const script =
      'cd "$1" && mount -t overlay kube-pki -o lowerdir=lower,upperdir=upper,workdir=work root && touch root/x';
    return succeeds(["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", scratch]);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function cgroupWorks(): boolean {
  const probe = join(unifiedRoot(), `kube-pki-probe-${String(process.pid)}`);
  mkdirSync(probe);
  try {
    return existsSync(join(probe, "cgroup.kill"));
  } finally {
    rmdirSync(probe);
  }
}

const policy = "/usr/sbin/policy-rc.d";

/** Installs what the lab runs on the host. No service is started: while apt runs, a policy file refuses it, as apt's own images do. */
export async function installHostPackages(log: Log): Promise<void> {
  const missing = missingPackages();
  if (missing.length === 0) return;
  await step(log, `installing ${missing.join(", ")} with apt-get`, async () => {
    const ours = !existsSync(policy);
    if (ours) writeFileSync(policy, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
    const options = { env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" }, timeoutMs: 600_000 };
    try {
      await must(["apt-get", "-q", "update"], options);
      await must(["apt-get", "-q", "install", "-y", "--no-install-recommends", ...missing], options);
    } finally {
      if (ours) rmSync(policy);
    }
  });
}
