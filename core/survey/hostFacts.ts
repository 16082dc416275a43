/** The machine itself. */
import { momentText } from "../format/x509";
import { canonicalIp } from "../format/addresses";
import type { HostFacts } from "./model";
import type { Answer } from "./questions";

/** @param asked the reader's clock when the question went out and came back, in milliseconds */
export const hostFacts = (answer: Answer, asked: { readonly sent: number; readonly back: number }): HostFacts => {
  const time = Number(answer.words("time")?.[0] ?? 0) * 1000;
  const openssl = /^(?:Open|Libre)SSL (\S+)/.exec(answer.line("openssl") ?? "")?.[1];
  const selinux = selinuxOf(answer.line("selinux"));
  return {
    hostname: (answer.line("name") ?? "").trim(),
    addresses: addressesIn(answer.text("addresses") ?? ""),
    kernel: (answer.line("kernel") ?? "").trim(),
    os: osOf(answer.plain("os")),
    readAt: momentText(new Date(asked.back)),
    clockAheadSeconds: aheadOf(time, asked),
    bootedAt: momentText(new Date(bootMoment(answer))),
    uid: Number(answer.words("user")?.[0] ?? -1),
    ...(openssl === undefined ? {} : { openssl }),
    tools: answer.all("tool").map(([name = ""]) => name),
    ...(selinux === undefined ? {} : { selinux }),
    readOnly: readOnlyMounts(answer.plain("mounts")),
    room: roomIn(answer.text("room") ?? ""),
  };
};

/** When the node booted, by its own clock, in milliseconds since 1970. */
export const bootMoment = (answer: Answer): number => {
  const time = Number(answer.words("time")?.[0] ?? 0);
  const uptime = Number(answer.words("boot")?.[0] ?? 0);
  return (time - uptime) * 1000;
};

/** 0 where the node's second lies within the time of the question: the way there and back tells no more. */
const aheadOf = (time: number, { sent, back }: { readonly sent: number; readonly back: number }): number => {
  if (time + 999 < sent) return Math.round((time + 999 - sent) / 1000);
  return time > back ? Math.round((time - back) / 1000) : 0;
};

const addressesIn = (text: string): string[] => {
  const words = text.includes("inet")
    ? [...text.matchAll(/^\d+: (\S+)\s+inet6? ([^/\s]+)/gm)].flatMap(([, device = "", address = ""]) =>
        device === "lo" ? [] : [address],
      )
    : text.trim().split(/\s+/);
  return words.flatMap((word) => {
    const address = canonicalIp(word);
    return address === undefined || /^(?:fe80:|169\.254\.|127\.)/.test(address) ? [] : [address];
  });
};

const osOf = (text: string): string => {
  const field = (name: string) => new RegExp(`^${name}="?([^"\n]*)"?$`, "m").exec(text)?.[1] ?? "";
  return [field("ID"), field("VERSION_ID")].filter((part) => part !== "").join(" ");
};

const selinuxOf = (text: string | undefined): string | undefined => {
  const word = text?.trim();
  if (word === undefined || word === "" || word === "Disabled") return undefined;
  return word === "1" ? "Enforcing" : word === "0" ? "Permissive" : word;
};

/** File systems of the kernel and images of programs are read-only everywhere. */
const OF_THE_KERNEL = new Set(["proc", "sysfs", "cgroup", "cgroup2", "squashfs", "devtmpfs", "ramfs", "nsfs"]);

const readOnlyMounts = (mountinfo: string): string[] => {
  // the last mount at a point hides those before it (proc_pid_mountinfo(5))
  const last = new Map<string, boolean>();
  for (const line of mountinfo.split("\n")) {
    const [, , , , point = "", options = ""] = line.split(" ");
    const [, after = ""] = line.split(" - ");
    const [type = "", , superOptions = ""] = after.split(" ");
    if (point === "" || OF_THE_KERNEL.has(type) || /^\/(?:proc|sys|dev)(?:\/|$)/.test(point)) continue;
    last.set(point, [...options.split(","), ...superOptions.split(",")].includes("ro"));
  }
  return [...last].flatMap(([point, isReadOnly]) => (isReadOnly ? [point] : []));
};

const roomIn = (df: string): HostFacts["room"] => {
  const rooms = new Map<string, number>();
  for (const line of df.split("\n").slice(1)) {
    const [, , , available = "", , mount] = line.trim().split(/\s+/);
    if (mount !== undefined) rooms.set(mount, Number(available) * 1024);
  }
  return [...rooms].map(([mount, freeBytes]) => ({ mount, freeBytes }));
};
