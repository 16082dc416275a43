import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { PROGRAM } from "./localStep";

/**
 * What a run asks of this project's command line beside its resources.
 *
 * @returns what it printed
 * @throws Error with its last word where it failed
 */
export const ownProgram = async (
  verb: string,
  job: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<string> => {
  const child = spawn(process.execPath, [PROGRAM, verb], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  child.stdin.on("error", () => undefined); // it has ended, which `code` tells
  child.stdin.end(job);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(stderr.trim().split("\n").at(-1) ?? `it ended with ${String(code)}`);
  return stdout;
};
