/** A machine as node/survey/agent.sh would tell of it, put together from its files and processes. */
import { Answer, type Ask } from "../../../core/survey/questions";
import { survey } from "../../../core/survey/read";
import type { Survey } from "../../../core/survey/model";

export interface HostProcess {
  readonly args: readonly string[];
  /** As in /proc/PID/cgroup. @default a static pod's */
  readonly cgroup?: string;
  readonly environment?: readonly string[];
}

export interface Host {
  readonly files: Readonly<Record<string, string>>;
  readonly processes: readonly HostProcess[];
  /** Folders that lead to others: from, to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Lines of `systemctl list-units`. */
  readonly units?: readonly string[];
}

/** A static pod's UID is a digest; what the API server makes has dashes, or "_" where systemd names the slice. */
export const STATIC = "0::/kubepods.slice/kubepods-pod0123456789abcdef0123456789abcdef.slice/cri-containerd-1.scope";
export const ORDINARY =
  "0::/kubepods.slice/kubepods-pod01234567_89ab_cdef_0123_456789abcdef.slice/cri-containerd-1.scope";
export const unitOf = (name: string): string => `0::/system.slice/${name}.service`;

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[\s\S]*?-----END \1-----\n?/g;

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const FIRST_PID = 100;
const BOOTED = "2026-05-01T00:00:00Z";

class Machine {
  constructor(private readonly host: Host) {}

  private real(path: string): string {
    const [from, to] = Object.entries(this.host.links ?? {}).find(([at]) => path.startsWith(`${at}/`)) ?? [];
    return from === undefined || to === undefined ? path : `${to}${path.slice(from.length)}`;
  }

  private text(path: string): string | undefined {
    return this.host.files[this.real(path)];
  }

  private namesIn(folder: string): string[] {
    const at = this.real(`${folder}/`);
    return Object.keys(this.host.files).flatMap((path) =>
      path.startsWith(at) ? [`name ${folder}/${path.slice(at.length)}`] : [],
    );
  }

  private statLines(path: string): string[] {
    const real = this.real(path);
    const place = Object.keys(this.host.files).indexOf(real);
    const fields = `81a4 0 0 900 ${String(Date.parse(BOOTED) / 1000)} 1:${String(place)} root root ${path}`;
    return place < 0
      ? []
      : [`here ${fields}`, `there ${fields}`, ...(real === path ? [] : [`path ${path}`, `real ${real}`])];
  }

  private blockLines(text: string): string[] {
    const blocks = [...text.matchAll(BLOCK)];
    const shown = blocks.filter(([, label = ""]) => /CERTIFICATE|PUBLIC KEY/.test(label));
    const others = blocks.flatMap(([, label = ""]) => (label.includes("PRIVATE KEY") ? [`other ${label}`] : []));
    return [...others, ...shown.flatMap(([block]) => said("pem", block.trim()))];
  }

  private processLines(pid: number): string[] {
    const { args = [], cgroup = STATIC, environment = [] } = this.host.processes[pid - FIRST_PID] ?? {};
    return [
      `path ${String(pid)}`,
      `stat ${String(pid)} (x) S ${"0 ".repeat(18)}4200 0`,
      `cgroup ${cgroup}`,
      ...args.map((arg) => `command ${arg}`),
      ...environment.map((each) => `environment ${each}`),
    ];
  }

  private ofFiles(paths: readonly string[], lines: (text: string, path: string) => readonly string[]): string[] {
    return paths.flatMap((path) => {
      const text = this.text(path);
      return text === undefined ? [] : [`path ${path}`, ...lines(text, path)];
    });
  }

  answer(question: string): string[] {
    const [first = "", ...lines] = question.split("\n");
    switch (first.split(" ")[0]) {
      case "host":
        return [
          `time ${String(Date.parse(BOOTED) / 1000)}`,
          "name cp1",
          "user 0",
          "boot 1 1",
          "openssl OpenSSL 3.0.17",
        ];
      case "units":
        return [`units ${base64((this.host.units ?? []).join("\n"))}`];
      case "processes":
        return this.host.processes.map((_, index) => `process ${String(FIRST_PID + index)}`);
      case "process":
        return lines.flatMap((pid) => this.processLines(Number(pid)));
      case "texts":
      case "kubeconfigs":
        return this.ofFiles(lines, (text) => said("text", text));
      case "folders":
        return lines.flatMap((folder) => this.namesIn(folder));
      case "stats":
        return lines.flatMap((path) => this.statLines(path));
      case "certificates":
        return this.ofFiles(lines, (text) => this.blockLines(text));
      case "keys":
        return this.ofFiles(lines, (text) => (text.includes("ENCRYPTED") ? [] : this.blockLines(text)));
      default:
        return [];
    }
  }
}

const said = (word: string, text: string): string[] => text.split("\n").map((line) => `${word} ${line}`);

/** What a visit to it finds. */
export const surveyOf = (host: Host): Promise<Survey> => {
  const machine = new Machine(host);
  const ask: Ask = (questions) => Promise.resolve(questions.map((each) => Answer.of(machine.answer(each))));
  return survey(ask, () => Date.parse(BOOTED));
};
