import { spawn } from "node:child_process";

export interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer | undefined;
  /** @default 60000 */
  readonly timeoutMs?: number | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly cwd?: string | undefined;
  /** What is done, for the sentence of a failure. @default the command itself */
  readonly what?: string | undefined;
}

/** Runs a command to its end. A non-zero exit is a result; only a command that cannot start or does not end throws. */
export function run(argv: readonly string[], options: RunOptions = {}): Promise<Result> {
  const [command, ...args] = argv;
  if (command === undefined) return Promise.reject(new Error("no command given to run"));
  const timeoutMs = options.timeoutMs ?? 60_000;
  const what = options.what ?? argv.join(" ").slice(0, 120);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], env: options.env, cwd: options.cwd });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
    // A command that exits before it has read its input is judged by its exit code, not by the broken pipe.
    child.stdin.on("error", () => undefined);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, timeoutMs);
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new Error(`${what}: cannot be started: ${error.message}`));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      const stdout = Buffer.concat(out).toString();
      const stderr = Buffer.concat(err).toString();
      if (timedOut)
        reject(new Error(`${what}: not done after ${String(timeoutMs / 1000)} s, stopped; ${lastLines(stderr)}`));
      else resolve({ code: code ?? 255, stdout, stderr });
    });
    child.stdin.end(options.stdin ?? "");
  });
}

/** Runs a command that has to succeed and gives its standard output. */
export async function must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(argv, options);
  if (result.code !== 0) throw new Error(failure(options.what ?? argv.join(" ").slice(0, 120), result));
  return result.stdout;
}

/** One sentence for a command that failed. */
export function failure(what: string, result: Result): string {
  return `${what}: exit code ${String(result.code)}: ${lastLines(result.stderr) || lastLines(result.stdout) || "no output"}`;
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-4).join(" | ").slice(-600);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Polls until `probe` gives a value other than undefined; after `timeoutMs` throws a sentence naming `what`. */
export async function waitFor<T>(
  what: string,
  timeoutMs: number,
  intervalMs: number,
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`${what}: not so after ${String(timeoutMs / 1000)} s`);
    await sleep(intervalMs);
  }
}

/** Gives the terminal to a shell or command on a node and gives its exit code. */
export function interactive(argv: readonly string[]): Promise<number> {
  const [command = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (code) => {
      resolve(code ?? 255);
    });
  });
}
