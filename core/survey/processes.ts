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
  /** In a pod that the API server knows by a UID of its own: no static one. */
  readonly inOrdinaryPod: boolean;
}

const named = (word: string | undefined): ConsumerName | undefined =>
  COMPONENT_NAMES.find((name) => name === basename(word ?? ""));

/** The component that a process is, by its command line; hyperkube's second word says it. */
export const componentOf = ([program, word]: readonly string[]): ConsumerName | undefined =>
  named(program) ?? named(word);

/** A shell that is given what to do, and the words of that which begin a command. */
const SHELL = /^(?:ba|da|a)?sh$/;
const COMMANDS = /(?:^|[;&|\n]|\bexec\s)\s*(?:\w+=\S*\s+)*(?!exec\s)([^\s;&|]+)/g;

/**
 * The component that a command ends up as: its own program, that of a launcher with options of its own, such as go-runner and
 * tini, or one in the text that a shell is given.
 */
export const componentStarted = (command: readonly string[]): ConsumerName | undefined => {
  const [program = "", ...rest] = command;
  if (!SHELL.test(basename(program))) return componentOf(command) ?? named(rest.find((word) => !word.startsWith("-")));
  const text = rest.find((word) => !word.startsWith("-")) ?? "";
  return [...text.matchAll(COMMANDS)].map(([, word]) => named(word)).find((name) => name !== undefined);
};

/** A static pod has a digest as its UID, the others what the API server made (kubernetes/kubernetes pkg/kubelet/config/common.go). */
const STATIC_POD = /kubepods.*pod[0-9a-f]{32}(?![0-9a-f_-])/;

const TICKS_PER_SECOND = 100; // USER_HZ, the same on every Linux (proc_pid_stat(5))

/** @param bootedAt milliseconds since 1970 */
const processOf = (pid: number, own: Answer, bootedAt: number): Omit<Process, "uid" | "gid" | "sockets"> => {
  const stat = own.line("stat") ?? "";
  // the name of the program, which may hold anything, ends with the last parenthesis
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[19] ?? 0); // field 22 of proc_pid_stat(5)
  const cgroup = own.plain("cgroup");
  const inPod = cgroup.includes("kubepods");
  return {
    pid,
    args: own.all("command").map((words) => words.join(" ")),
    environment: own.plain("environment"),
    startedAt: momentText(new Date(bootedAt + (ticks / TICKS_PER_SECOND) * 1000)),
    unit: inPod ? undefined : [...cgroup.matchAll(/([^/\n]+\.service)(?=\/|\n|$)/g)].at(-1)?.[1],
    inPod,
    inOrdinaryPod: inPod && !STATIC_POD.test(cgroup),
  };
};

/** Each that is still there, in the order of the answer. @param bootedAt milliseconds since 1970 */
export const processesIn = (answer: Answer, bootedAt: number): Process[] => {
  const owners = new Map(
    answer.all("owner").map(([uid, gid, path = ""]) => [basename(path), [Number(uid), Number(gid)]]),
  );
  const sockets = new Map(answer.sections("sockets").map(([pid, own]) => [pid, own.all("socket").flat()]));
  return [...answer.byPath()].flatMap(([pid, own]) =>
    own.line("stat") === undefined
      ? []
      : [
          {
            ...processOf(Number(pid), own, bootedAt),
            uid: owners.get(pid)?.[0] ?? 0,
            gid: owners.get(pid)?.[1] ?? 0,
            sockets: new Set(sockets.get(pid) ?? []),
          },
        ],
  );
};

/** A version as a component prints it: "Kubernetes v1.36.3", "etcd Version: 3.6.5". */
export const versionIn = (text: string | undefined): string | undefined =>
  /(?:Kubernetes v|etcd Version: )(\d+\.\d+\.\d+\S*)/.exec(text ?? "")?.[1];
