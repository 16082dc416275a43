/** Processes of components, as the kernel tells of them. */
import { basename } from "node:path/posix";
import type { ConsumerName } from "../model/reload";
import type { Answer } from "./questions";
import { momentText } from "../format/x509";

export const COMPONENT_NAMES = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
] as const satisfies readonly ConsumerName[];

/** What all of them are called where one program is all of them. */
export const HYPERKUBE = "hyperkube";

export interface Process {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly args: readonly string[];
  readonly environment: string;
  readonly startedAt: string;
  readonly sockets: ReadonlySet<string>;
  /** Unit of systemd; undefined: it runs in a container or by hand. */
  readonly unit: string | undefined;
  readonly inPod: boolean;
}

/** The component that a command line starts. */
export const componentOf = (args: readonly string[]): ConsumerName | undefined =>
  args
    .slice(0, 2)
    .map((arg) => COMPONENT_NAMES.find((name) => name === basename(arg)))
    .find((name) => name !== undefined);

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux (proc_pid_stat(5))

/** @param bootedAt milliseconds since 1970 */
export const processOf = (pid: number, answer: Answer, bootedAt: number): Process | undefined => {
  const stat = answer.text("stat");
  if (stat === undefined) return undefined;
  // the name of the program, which may hold anything, ends with the last parenthesis
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19] ?? 0); // field 22 of proc_pid_stat(5)
  const [uid = "0", gid = "0"] = answer.words("uid") ?? [];
  const cgroup = answer.text("cgroup") ?? "";
  const inPod = cgroup.includes("kubepods");
  return {
    pid,
    uid: Number(uid),
    gid: Number(gid),
    args: (answer.text("command") ?? "").split("\n").filter((arg, index, all) => arg !== "" || index < all.length - 1),
    environment: answer.text("environment") ?? "",
    startedAt: momentText(new Date(bootedAt + (ticks / TICKS_PER_SECOND) * 1000)),
    sockets: new Set((answer.text("sockets") ?? "").split("\n").filter((inode) => inode !== "")),
    unit: inPod ? undefined : [...cgroup.matchAll(/([^/\n]+\.service)(?=\/|\n|$)/g)].at(-1)?.[1],
    inPod,
  };
};

/** A version as a component prints it: "Kubernetes v1.36.3", "etcd Version: 3.6.5". */
export const versionIn = (text: string | undefined): string | undefined =>
  /(?:Kubernetes v|etcd Version: )(\d+\.\d+\.\d+\S*)/.exec(text ?? "")?.[1];
