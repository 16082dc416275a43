import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withLock } from "./lock";
import { labDirs } from "./paths";
import { must } from "./process";
import { step, type Log } from "./progress";
import { binariesOnNode, enabledUnits, linkedPrograms, maskedUnits, rootfsFiles } from "./rootfsFiles";

const packages = [
  "systemd",
  "systemd-sysv",
  "dbus",
  "openssh-server",
  "sudo",
  "procps",
  "iproute2",
  "iptables",
  "nftables",
  "conntrack",
  "socat",
  "openssl",
  "containerd",
  "runc",
  "containernetworking-plugins",
  "haproxy",
  "busybox",
];

export interface Rootfs {
  readonly folder: string;
  readonly digest: string;
}

/** The root file system that all nodes share as the lower layer of their overlay; made by mmdebstrap from the host's own apt sources. */
export async function ensureRootfs(sandboxImage: string, log: Log): Promise<Rootfs> {
  const files = rootfsFiles(sandboxImage);
  const suite = hostSuite();
  const sources = hostSources();
  const inputs = {
    files,
    suite,
    sources,
    packages,
    maskedUnits,
    enabledUnits,
    linkedPrograms,
    build: build.toString(),
  };
  const digest = createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 12);
  const folder = join(labDirs.rootfs, digest);
  if (!existsSync(folder)) {
    await withLock("rootfs", log, async () => {
      if (existsSync(folder)) return;
      await step(log, "making the nodes' root file system with mmdebstrap (about 40 s)", () =>
        build(folder, suite, sources, files),
      );
    });
  }
  return { folder, digest };
}

async function build(
  folder: string,
  suite: string,
  sources: string,
  files: ReturnType<typeof rootfsFiles>,
): Promise<void> {
  const part = `${folder}.part`;
  await must(["rm", "-rf", "--one-file-system", part]);
  mkdirSync(dirname(part), { recursive: true });
  const argv = ["mmdebstrap", "--quiet", "--mode=root", "--variant=minbase", `--include=${packages.join(",")}`];
  // Without documentation and translations: half the size, and nobody reads them in a node.
  argv.push('--aptopt=Acquire::Languages "none"');
  for (const path of ["doc", "man", "locale", "info"]) argv.push(`--dpkgopt=path-exclude=/usr/share/${path}/*`);
  await must([...argv, suite, part, "-"], { stdin: sources, timeoutMs: 900_000, what: "mmdebstrap" });

  for (const [path, { text, mode }] of Object.entries(files)) {
    mkdirSync(dirname(join(part, path)), { recursive: true });
    await must(["rm", "-f", join(part, path)]);
    writeFileSync(join(part, path), text, { mode });
  }
  for (const name of linkedPrograms) symlinkSync(join(binariesOnNode, name), join(part, "usr/bin", name));
  mkdirSync(join(part, binariesOnNode), { recursive: true });
  const script = `
rm -f "$1"/etc/ssh/ssh_host_* "$1"/etc/machine-id
chroot "$1" useradd --create-home --shell /bin/bash ops
systemctl --root "$1" --quiet mask $2
systemctl --root "$1" --quiet enable $3
`;
  await must(["sh", "-euc", script, "sh", part, maskedUnits.join(" "), enabledUnits.join(" ")], {
    what: "setting up the root file system",
  });
  renameSync(part, folder);
}

/** The release this host runs: its nodes run the same, from the same mirrors. */
function hostSuite(): string {
  const suite = /^VERSION_CODENAME=(.*)$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
  if (suite === undefined)
    throw new Error("/etc/os-release: has no VERSION_CODENAME; the lab needs Debian or Ubuntu with apt");
  return suite;
}

/** The host's apt sources, one format at a time: deb822 stanzas and one-line entries must not be mixed in one file. */
function hostSources(): string {
  const folder = "/etc/apt/sources.list.d";
  const inFolder = existsSync(folder) ? readdirSync(folder).sort() : [];
  const read = (suffix: string): string[] =>
    inFolder.filter((name) => name.endsWith(suffix)).map((name) => readFileSync(join(folder, name), "utf8"));
  // Others than the distribution's own (a vendor's Node, Docker) have keys and suites that a node does not need.
  const stanzas = read(".sources").flatMap((text) => text.split(/\n\s*\n/));
  const own = stanzas.filter((stanza) => /^URIs:.*\/(debian|debian-security|ubuntu|ubuntu-ports)\/?\s*$/m.test(stanza));
  if (own.length > 0) return `${own.map((stanza) => stanza.trim()).join("\n\n")}\n`;
  const list = "/etc/apt/sources.list";
  const lines = [...(existsSync(list) ? [readFileSync(list, "utf8")] : []), ...read(".list")].flatMap((text) =>
    text.split("\n"),
  );
  const ownLines = lines.filter((line) => /^deb\s.*\/(debian|debian-security|ubuntu|ubuntu-ports)\/?\s/.test(line));
  if (ownLines.length === 0)
    throw new Error("apt sources: none of the distribution's own found in /etc/apt, the lab needs them");
  return `${ownLines.join("\n")}\n`;
}
