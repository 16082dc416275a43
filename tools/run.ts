// Runs one program at a time for the toolchain; a program never outlives us.

import { spawn } from "node:child_process";

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** Called with each chunk of standard error as it comes. */
  readonly onStderr?: (chunk: string) => void;
}

const tailLines = 4;

/** Gives the program's standard output, or throws with the last lines it wrote. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe"],
      ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: "SIGKILL" }),
    });
    const stop = (): void => {
      child.kill("SIGTERM");
    };
    process.once("exit", stop);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr = (stderr + chunk).slice(-16_384);
      options.onStderr?.(chunk);
    });
    child.once("error", (error) => {
      process.off("exit", stop);
      reject(new Error(`${command} cannot be started: ${error.message}`));
    });
    child.once("close", (code, signal) => {
      process.off("exit", stop);
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(
            `${command} ${args[0] ?? ""} ended with ${code === null ? String(signal) : `code ${String(code)}`}: ${tail(stderr || stdout)}`,
          ),
        );
    });
  });
}

function tail(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return lines.slice(-tailLines).join(" | ") || "it wrote nothing";
}
