import { spawn } from "node:child_process";
import { Failure } from "./failure";

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string | undefined;
  /** Ended after this long; the code is null then. */
  readonly timeoutMs?: number;
  /** In place of the present environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** What it reads; nothing by default. */
  readonly stdin?: string;
  /** Also shown while it runs. */
  readonly showStderr?: boolean;
}

/** Runs a program to its end and collects what it prints. Throws a Failure only when it cannot be started. */
export function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      stdio: ["pipe", "pipe", "pipe"],
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
    });
    child.stdin.on("error", () => undefined); // it may end before it has read all
    child.stdin.end(options.stdin);
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      err.push(chunk);
      if (options.showStderr === true) process.stderr.write(chunk);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      // A missing folder is reported as ENOENT too, as if the program were missing.
      const reason = error.code === "ENOENT" ? "not found on PATH, or the folder it runs in is missing" : error.message;
      reject(new Failure(`${program}: ${reason}`));
    });
    child.on("close", (code) => {
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

/** The last line a program printed before it gave up: usually the reason. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";

/** Why pulumi gave up, in one line: what it has said since its last `error: `, or else its last line. */
export const pulumiSaid = (stderr: string): string => {
  const at = stderr.search(/^error: (?![\s\S]*^error: )/m);
  if (at < 0) return lastLine(stderr);
  return stderr
    .slice(at)
    .replace(/^error: /, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(" ");
};
