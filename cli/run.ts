import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { mustBe } from "../core/format/problem";
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
    if (options.cwd !== undefined && !isFolder(options.cwd)) throw noFolder(options.cwd);
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
      reject(notStarted(program, error));
    });
    child.on("close", (code) => {
      resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
    });
  });
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Where programs come from that a machine may not have. */
const INSTALL: Readonly<Record<string, string>> = {
  pulumi: "; https://www.pulumi.com/docs/install/ says how to install it",
};

const noFolder = (cwd: string): Failure => new Failure(mustBe("--cwd", JSON.stringify(cwd), "a folder that is there"));

export const notStarted = (program: string, { code, message }: NodeJS.ErrnoException): Failure =>
  new Failure(`${program}: ${code === "ENOENT" ? `not found on PATH${INSTALL[program] ?? ""}` : message}`);

/** The last line a program printed before it gave up: usually the reason. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() ?? "";

/** What to do about what pulumi says, where it does not say that itself. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [/no Pulumi\.yaml project file found/, "run this in the folder of a project, or give that with --cwd"],
  [/no stack selected/, "give --stack, or select one (`pulumi stack select`)"],
  [/no stack named/, "`pulumi stack ls` lists those that there are (PULUMI_BACKEND_URL or `pulumi login` say where)"],
  [/PULUMI_ACCESS_TOKEN must be set/, "or set PULUMI_BACKEND_URL to where the states are (docs/state.md)"],
  [
    /connection refused|no such host|i\/o timeout|network is unreachable|TLS handshake timeout/,
    "see whether this machine reaches the place of the state (PULUMI_BACKEND_URL, `pulumi whoami --verbose`)",
  ],
];

/** Why pulumi gave up, in one line, and what to do about it. */
export const pulumiSaid = (stderr: string): string => {
  const said = lastError(stderr);
  const advice = ADVICE.find(([pattern]) => pattern.test(said))?.[1];
  return advice === undefined ? said : `${said}; ${advice}`;
};

/** What it has said since its last `error: `, or else its last line. */
const lastError = (stderr: string): string => {
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
