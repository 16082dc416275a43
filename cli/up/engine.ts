/**
 * A run of pulumi whose events are read while it runs. By `--event-log`, a file, as the Automation API does it for its `onEvent`;
 * itself that API takes neither all options of `pulumi up` nor part in the command line (.dependency-cruiser.cjs).
 */
import { spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { engineEvent, type EngineEvent } from "../../core/progress/engineEvent";
import { notStarted } from "../run";

/** What pulumi takes `--event-log` by, a flag for those who build on it. */
export const EVENT_LOG_ENV = { PULUMI_DEBUG_COMMANDS: "true" };

const LOOK_MS = 100;
const CHUNK = 1 << 16;

export interface Followed {
  /** Its exit code, and what it printed, unless it was shown. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  readonly signal: (name: NodeJS.Signals) => void;
}

export interface RunOfPulumi {
  readonly args: readonly string[];
  /** Beside the present environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** It uses this terminal by itself: its own display, and its questions. */
  readonly shown?: boolean;
  readonly onEvent: (event: EngineEvent) => void;
}

/** The lines of a file that grows. */
class Tail {
  private readonly file: number;
  private readonly decoder = new StringDecoder("utf8");
  private readonly chunk = Buffer.alloc(CHUNK);
  private rest = "";

  public constructor(
    path: string,
    private readonly onLine: (line: string) => void,
  ) {
    writeFileSync(path, "", { mode: 0o600 });
    this.file = openSync(path, "r");
  }

  public look(): void {
    for (let count = this.read(); count > 0; count = this.read()) {
      const lines = (this.rest + this.decoder.write(this.chunk.subarray(0, count))).split("\n");
      this.rest = lines.pop() ?? "";
      lines.forEach(this.onLine);
    }
  }

  public end(): void {
    this.look();
    closeSync(this.file);
  }

  private read(): number {
    return readSync(this.file, this.chunk, 0, CHUNK, null);
  }
}

/** Most events are pulumi's own debugging: those are not worth being parsed. */
const isDebug = (line: string): boolean => line.includes('"severity":"debug"');

/** @throws Failure where there is no pulumi */
export const followed = ({ args, env, shown = false, onEvent }: RunOfPulumi): Followed => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-up-"));
  const log = join(folder, "events");
  const tail = new Tail(log, (line) => {
    const event = isDebug(line) ? undefined : engineEvent(line);
    if (event !== undefined) onEvent(event);
  });
  const child = spawn("pulumi", [...args, "--event-log", log], {
    stdio: shown ? "inherit" : ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env, ...EVENT_LOG_ENV },
    // whoever interrupts a terminal interrupts this process alone, which passes it on: twice would end pulumi at once
    detached: !shown,
  });
  const out = { stdout: "", stderr: "" };
  for (const from of ["stdout", "stderr"] as const)
    child[from]?.on("data", (chunk: Buffer) => (out[from] += chunk.toString()));
  const look = setInterval(() => {
    tail.look();
  }, LOOK_MS);
  const ended = new Promise<Awaited<Followed["ended"]>>((resolve, reject) => {
    child.on("error", (error) => {
      reject(notStarted("pulumi", error));
    });
    child.on("close", (code) => {
      resolve({ code, ...out });
    });
  }).finally(() => {
    clearInterval(look);
    tail.end();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ended, signal: (name) => void child.kill(name) };
};
