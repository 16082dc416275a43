/** A scratch root whose programs can be counted, killed at one of their calls, made to fail, or taken away. */
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasten, inMemory } from "../quick";
import { Scratch, type Result } from "../scratch";
import { STATE } from "./layout";

/** Where a run meets its end: at a point of the script, or at the n-th call of a program that changes something. */
export type Kill =
  | { readonly at: string; readonly half: "both" | "worker" }
  | { readonly call: number; readonly when: "before" | "after"; readonly half: "both" | "worker" };

/** What a node may do without; links: hard ones, gnuCp: a cp that knows attributes. */
export const MISSING = ["openssl", "flock", "setsid", "getent", "links", "gnuCp"] as const;
type Missing = (typeof MISSING)[number];

/** What keeps a path as it is, or small. */
type Hold = "immutable" | "mounted" | "smallDisk";

/** What happens to a run. */
export interface Meddling {
  readonly kill?: Kill | undefined;
  readonly fault?: number | undefined;
}

export interface Run extends Result {
  /** It was killed, both halves or the one that works. */
  readonly killed: boolean;
  /** The name of the program that was made to fail. */
  readonly failed: string | undefined;
}

/** Programs by whose calls a live node changes. */
const CHANGING = ["mv", "rm", "ln", "cp", "mkdir", "chmod", "chown", "sync", "rmdir"] as const;

/** What a tool of this name does where something of it is missing. */
const LAME: Partial<Record<Missing, readonly [tool: string, text: string]>> = {
  links: ["ln", 'case "$1" in -s*) ;; *) echo "ln: Operation not supported" >&2; exit 1 ;; esac\n'],
  gnuCp: [
    "cp",
    'case "$*" in *attributes-only*) echo "cp: unrecognized option \'--attributes-only\'" >&2; exit 1 ;; esac\n',
  ],
};

/** Counts each call; at the one that is meant it fails, or ends the session that it is of, and the half that relays. */
const COUNTS = `d=\${0%/*}/../meddle
read -r n <"$d/count" || n=0
n=$((n + 1))
echo "$n" >"$d/count"
end() {
  : >"$d/killed"
  read -r line </proc/$$/stat
  set -- \${line##*) }
  session=$4
  [ "$MEDDLE_HALF" = worker ] || for run in "$KUBE_PKI_ROOT${STATE}"/run.*; do
    run=\${run##*/run.}
    run=\${run%%.*}
    # one that another verb has called is of that one's group
    { read -r line <"/proc/$run/stat"; } 2>/dev/null || continue
    line=\${line##*) }
    line=\${line#* * }
    kill -9 "-\${line%% *}" 2>/dev/null
  done
  kill -9 "-$session" 2>/dev/null
  kill -9 0
}
[ "$n" != "$MEDDLE_FAULT" ] || { echo "\${0##*/}" >"$d/failed"; echo "\${0##*/}: something: Input/output error" >&2; exit 1; }
[ "$n" != "$MEDDLE_KILL" ] || [ "$MEDDLE_WHEN" = after ] || end
`;

const OPENSSL = execFileSync("sh", ["-c", "command -v openssl"]).toString().trim();

const quietly = { stdio: "ignore" } as const;

export class StormNode extends Scratch {
  protected override readonly detached = true;
  /** Paths with an ACL or extended attributes. */
  readonly attributed = new Set<string>();
  /** Folders that are links, and where they lead. */
  readonly linked = new Map<string, string>();
  private readonly lame = new Set<Missing>();
  private readonly waiting: (() => void)[] = [];
  private readonly held: (() => void)[] = [];

  /** @param waits - services run here: what they need time for is waited for */
  constructor(
    shell: string,
    waits: boolean,
    private readonly awk: "mawk" | "gawk",
  ) {
    super(shell);
    if (!waits) hasten(this, this.real("sleep"));
    this.apart("systemctl", join(__dirname, "..", "stub", "systemctl"));
    fs.mkdirSync(this.path("/meddle"));
    Object.assign(this.env, { KUBE_PKI_LIMIT: "10" });
  }

  /** In memory where there is one: a run flushes all that it writes. */
  protected override under(): string {
    return inMemory() ?? super.under();
  }

  protected override get searchPath(): string {
    const gone = [...this.lame].filter((each) => !(each in LAME));
    return `${this.tools}:${pathWithout(this.isBusybox ? "busybox" : this.awk, gone)}`;
  }

  get isBusybox(): boolean {
    return this.shell.startsWith("busybox");
  }

  /** ACLs and attributes are carried over here. */
  get knowsAttributes(): boolean {
    return !this.isBusybox && !this.lame.has("gnuCp");
  }

  /** A wrong leaf is seen here: by openssl, and by the time of certificates. */
  get checksLeafs(): boolean {
    return !this.lame.has("openssl") && !this.isOff;
  }
  private isOff = false;

  private real(name: string): string {
    if (this.isBusybox) return `busybox ${name}`;
    return ["/bin", "/usr/bin"].map((folder) => join(folder, name)).find((path) => fs.existsSync(path)) ?? name;
  }

  /** Systemd and the kubelet go on where the run that asks them is killed, and have what this node lacks. */
  apart(name: string, program: string, first = ""): void {
    const here = join(this.root, name);
    fs.copyFileSync(program, here);
    this.tool(name, `${first}PATH=/usr/bin:/bin exec setsid --wait ${here} "$@"`);
  }

  clock(seconds: number): void {
    this.isOff = true;
    const date = this.real("date");
    this.tool("date", `[ "$1" != +%s ] || { echo $(($(${date} +%s) + ${String(seconds)})); exit; }\nexec ${date} "$@"`);
  }

  lack(what: Missing): void {
    this.lame.add(what);
    this.arm(false);
  }

  /** Puts its tools there: those that are lame, and with `counts` those that count. */
  private arm(counts: boolean): void {
    for (const name of CHANGING) {
      const lame = [...this.lame]
        .flatMap((missing) => (LAME[missing]?.[0] === name ? [LAME[missing][1]] : []))
        .join("");
      if (!counts && lame === "") fs.rmSync(join(this.tools, name), { force: true });
      else {
        const then = counts ? `[ "$n" != "$MEDDLE_KILL" ] || { ${this.real(name)} "$@"; end; }\n` : "";
        this.tool(name, `${counts ? COUNTS : ""}${lame}${then}exec ${this.real(name)} "$@"`);
      }
    }
  }

  /** What is asked of a server goes to this port of ours; undefined: it goes where it is to. */
  redirect(server: string, port: number | undefined): void {
    if (port === undefined || this.lame.has("openssl")) fs.rmSync(join(this.tools, "openssl"), { force: true });
    else
      this.tool(
        "openssl",
        `n=$#\nwhile [ "$n" -gt 0 ]; do\n  word=$1\n  shift\n  [ "$word" != ${server} ] || word=127.0.0.1:${String(port)}\n  set -- "$@" "$word"\n  n=$((n - 1))\ndone\nexec ${OPENSSL} "$@"`,
      );
  }

  /** Runs a verb, and tells whether it came to its own end. */
  async meddled(
    verb: string | readonly string[],
    stdin: string,
    { kill, fault }: Meddling,
    script = `${STATE}/node.sh`,
  ): Promise<Run> {
    const byCall = kill !== undefined && "call" in kill ? kill : undefined;
    const counts = byCall !== undefined || fault !== undefined;
    const env: Record<string, string> = {
      MEDDLE_KILL: String(byCall?.call ?? 0),
      MEDDLE_WHEN: byCall?.when ?? "",
      MEDDLE_HALF: byCall?.half ?? "",
      MEDDLE_FAULT: String(fault ?? 0),
    };
    if (kill !== undefined && "at" in kill)
      env["KUBE_PKI_KILL_AT"] = kill.half === "worker" && kill.at !== "received" ? `worker:${kill.at}` : kill.at;
    if (counts) this.arm(true);
    for (const name of ["count", "killed", "failed"]) fs.rmSync(this.path(`/meddle/${name}`), { force: true });
    this.write("/meddle/count", "0\n");
    fs.rmSync(this.path(`${STATE}/result`), { force: true });
    const result = await this.run(verb, stdin, env, script);
    if (counts) this.arm(false);
    // a verb that another one has called was killed: nothing runs any more that would repair it
    const code = env["KUBE_PKI_KILL_AT"] !== undefined && this.endedWithin(result) ? null : result.code;
    const killed = code === null || this.has("/meddle/killed") || result.why.includes("the run was killed");
    const failed = this.has("/meddle/failed") ? this.read("/meddle/failed").trim() : undefined;
    return { ...result, code, killed, failed };
  }

  /** Whoever has called the verb that ended has nothing to say. */
  private endedWithin({ code, why }: Result): boolean {
    return code === 1 && !/^(?:n1|node): .*[^:]$/.test(why) && !this.has(`${STATE}/result`);
  }

  /** Once all is laid. What is not to be had on this machine, or is too small for what lies there, is left out. */
  hold(how: Hold, path: string, kb = 0): void {
    this.waiting.push(() => {
      const at = this.path(path);
      if (fs.existsSync(at) && !fs.lstatSync(at).isSymbolicLink()) this[how](at, kb);
    });
  }

  freeze(): void {
    for (const hold of this.waiting) {
      try {
        hold();
      } catch {
        // left out
      }
    }
  }

  private readonly until = (command: string, ...args: string[]): void => {
    this.held.push(() => execFileSync(command, args, quietly));
  };

  private immutable(at: string): void {
    execFileSync("chattr", ["+i", at], quietly);
    this.until("chattr", "-i", at);
  }

  private mounted(at: string): void {
    if (!fs.lstatSync(at).isFile()) return;
    fs.copyFileSync(at, this.path("/mounted"));
    execFileSync("mount", ["--bind", this.path("/mounted"), at], quietly);
    this.until("umount", "-l", at);
  }

  private smallDisk(at: string, kb: number): void {
    if (!fs.lstatSync(at).isDirectory()) return;
    const save = this.path("/save");
    execFileSync("cp", ["-a", at, save], quietly);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${String(kb)}k`, "none", at], quietly);
    try {
      execFileSync("sh", ["-c", `cp -a ${save}/. ${at}/ && chmod --reference=${save} ${at}`], quietly);
      this.until("umount", "-l", at);
    } catch {
      execFileSync("umount", ["-l", at], quietly);
    }
    fs.rmSync(save, { recursive: true, force: true });
  }

  override remove(): void {
    for (const release of this.held.splice(0).reverse()) {
      try {
        release();
      } catch {
        // gone with what it was of
      }
    }
    super.remove();
  }
}

const folders = new Map<string, string>();

/** A folder of links to all programs but these. */
const pathWithout = (kind: "busybox" | "mawk" | "gawk", missing: readonly string[]): string => {
  const key = [kind, ...missing].join(" ");
  const known = folders.get(key);
  if (known !== undefined) return known;
  const folder = fs.mkdtempSync(join(tmpdir(), "kube-pki-storm-bin-"));
  const link = (name: string, to: string): void => {
    if (!missing.includes(name) && !fs.existsSync(join(folder, name))) fs.symlinkSync(to, join(folder, name));
  };
  if (kind !== "busybox") {
    if (fs.existsSync(`/usr/bin/${kind}`)) link("awk", `/usr/bin/${kind}`);
  } else {
    const busybox = execFileSync("sh", ["-c", "command -v busybox"]).toString().trim();
    for (const name of execFileSync("busybox", ["--list"]).toString().trim().split("\n")) link(name, busybox);
  }
  for (const from of (process.env["PATH"] ?? "").split(":"))
    if (fs.existsSync(from)) for (const name of fs.readdirSync(from)) link(name, join(from, name));
  folders.set(key, folder);
  process.once("exit", () => {
    fs.rmSync(folder, { recursive: true, force: true });
  });
  return folder;
};
