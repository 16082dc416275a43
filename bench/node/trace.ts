/** Which programs a run of the node script starts and how often it forks, by the function that does: from strace. Naps do not count. */
import { basename } from "node:path";

/** Of a program, or of a function by itself. */
export interface Count {
  readonly name: string;
  execs: number;
  forks: number;
}

export interface Costs {
  readonly all: Count;
  readonly programs: readonly Count[];
  readonly functions: readonly Count[];
}

/** Their first line is about the code of whoever called `exit`. */
const ASK_HOW_IT_ENDED = ["finish", "worker_end"];
/** What the script itself sets. */
const OWN_MASKS = [0o022, 0o077];
/** At the end of a function. */
const END = 0o776;

/**
 * The script with a call of umask(2) at the begin and the end of each function, which strace shows: the mask is its number.
 * Nothing is written meanwhile.
 */
export const marked = (script: string): { readonly text: string; readonly functions: ReadonlyMap<number, string> } => {
  const functions = new Map<number, string>();
  let mask = 0;
  const text = script.replace(/^([a-z_]+)\(\) /gm, (line, name: string) => {
    if (ASK_HOW_IT_ENDED.includes(name)) return line;
    do mask++;
    while (OWN_MASKS.includes(mask));
    functions.set(mask, name);
    const show = (number: number): string => `umask ${number.toString(8).padStart(4, "0")}; umask 0077`;
    return `${name}() { ${show(mask)}; marked_${name} "$@"; marked=$?; ${show(END)}; return $marked; }\nmarked_${name}() `;
  });
  if (mask >= END) throw new Error("more functions than masks");
  return { text, functions };
};

type Event =
  | { readonly kind: "exec"; readonly path: string }
  | { readonly kind: "mask"; readonly mask: number }
  | { readonly kind: "fork"; readonly child: Process };

/** What one has done, in order. */
type Process = Event[];

/** A number is given again once its process has ended: a trace may be longer than all numbers last. */
class Processes {
  private readonly alive = new Map<string, Process>();
  /** Whose parent has not told of them yet. */
  private readonly ended = new Map<string, Process>();

  of(pid: string): Process {
    const known = this.alive.get(pid) ?? [];
    this.alive.set(pid, known);
    return known;
  }

  end(pid: string): void {
    this.ended.set(pid, this.of(pid));
    this.alive.delete(pid);
  }

  forkOf(child: string): Process {
    const early = this.alive.has(child) ? undefined : this.ended.get(child);
    this.ended.delete(child);
    return early ?? this.of(child);
  }
}

const FORK = /^(?:clone3?|v?fork)$/;

/** The first process of the trace. A call that another process interrupts is on two lines, one that a signal does comes again. */
const processIn = (trace: string): Process => {
  const processes = new Processes();
  const begun = new Map<string, string>();
  let first: Process | undefined;
  for (const line of trace.split("\n")) {
    const [, pid = "", rest = ""] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (pid === "") continue;
    const mine = processes.of(pid);
    first ??= mine;
    if (rest.startsWith("+++ ")) processes.end(pid);
    if (rest.endsWith(" <unfinished ...>")) {
      begun.set(pid, rest.slice(0, -" <unfinished ...>".length));
      continue;
    }
    const call = rest.replace(/^<\.\.\. \w+ resumed>/, () => begun.get(pid) ?? "");
    const [, name = "", args = "", result = ""] = /^(\w+)\((.*)\) += (\S+)/.exec(call) ?? [];
    if (name === "execve" && result === "0") mine.push({ kind: "exec", path: args.split('"')[1] ?? "" });
    if (name === "umask") mine.push({ kind: "mask", mask: parseInt(args, 8) });
    if (FORK.test(name) && /^\d+$/.test(result) && !args.includes("CLONE_THREAD"))
      mine.push({ kind: "fork", child: processes.forkOf(result) });
  }
  return first ?? [];
};

class Table {
  private readonly counts = new Map<string, Count>();

  add(name: string, what: "execs" | "forks"): void {
    const count = this.counts.get(name) ?? { name, execs: 0, forks: 0 };
    count[what]++;
    this.counts.set(name, count);
  }

  get rows(): Count[] {
    return [...this.counts.values()].sort((a, b) => b.forks + b.execs - a.forks - a.execs);
  }
}

/**
 * @param trace - of `strace -f -e trace=execve,clone,clone3,fork,vfork,umask`
 * @param standIns - the folder of programs of which only the call counts
 */
export const costsIn = (trace: string, functions: ReadonlyMap<number, string>, standIns: string): Costs => {
  const all: Count = { name: "all", execs: 0, forks: 0 };
  const programs = new Table();
  const byFunction = new Table();
  // how often a run naps is a matter of time, and so of the machine
  const isWait = (name: string): boolean => name === "nap";
  const walk = (process: Process, inherited: readonly string[]): void => {
    const stack = [...inherited];
    let last = 0o077;
    for (const event of process) {
      const where = stack.at(-1) ?? "(start)";
      if (isWait(where) && event.kind !== "mask") continue;
      switch (event.kind) {
        case "mask": {
          if (event.mask === 0 || event.mask === last) break; // a shell asks for the mask before it sets another
          last = event.mask;
          const name = functions.get(event.mask);
          if (name !== undefined) stack.push(name);
          else if (event.mask === END) stack.pop();
          break;
        }
        case "exec":
          all.execs++;
          programs.add(basename(event.path), "execs");
          byFunction.add(where, "execs");
          if (event.path.startsWith(standIns)) return;
          break;
        case "fork":
          all.forks++;
          byFunction.add(where, "forks");
          walk(event.child, stack);
      }
    }
  };
  for (const event of processIn(trace)) if (event.kind === "fork") walk(event.child, []);
  return { all, programs: programs.rows, functions: byFunction.rows };
};
