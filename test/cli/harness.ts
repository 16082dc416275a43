/** Runs the real command line with a `pulumi` that answers from files. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = join(__dirname, "..", "..", "cli", "kube-pki");

/** All that a run takes from who starts the tests: a `CI`, `FORCE_COLOR` or `PULUMI_STACK` of theirs would change what is printed. */
const HANDED_ON = ["HOME", "TMPDIR", "XDG_CACHE_HOME"];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly stdin?: string;
  readonly path?: string;
  /** Beside what of the present environment is handed on. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Harness {
  readonly folder = mkdtempSync(join(tmpdir(), "kube-pki-test-"));

  /** Puts a `pulumi` on PATH that notes its arguments and prints this. */
  pulumi(stdout: string, { stderr = "", code = 0 } = {}): void {
    writeFileSync(join(this.folder, "stdout"), stdout);
    writeFileSync(join(this.folder, "stderr"), stderr);
    this.pulumiRuns('cat "$here/stderr" >&2', 'cat "$here/stdout"', `exit ${String(code)}`);
  }

  /** Puts a `pulumi` on PATH that notes its arguments and runs these lines, in which `$here` is its folder. */
  pulumiRuns(...lines: readonly string[]): void {
    this.program("pulumi", 'echo "$@" >"$here/arguments"', ...lines);
  }

  /** Puts a program on PATH that runs these lines, in which `$here` is its folder. */
  program(name: string, ...lines: readonly string[]): void {
    writeFileSync(join(this.folder, name), ["#!/bin/sh", 'here=$(dirname "$0")', ...lines, ""].join("\n"));
    chmodSync(join(this.folder, name), 0o755);
  }

  /** Runs `kube-pki ARGS` in a folder that is not the clone. */
  run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return this.spawn(process.execPath, [COMMAND, ...args], options);
  }

  /** Runs a line of a shell there, in which `kube-pki` is the command. */
  sh(line: string, options: RunOptions = {}): Promise<Ran> {
    this.program("kube-pki", `exec "${process.execPath}" "${COMMAND}" "$@"`);
    return this.spawn("sh", ["-c", line], options);
  }

  /** Runs a program there. */
  spawn(
    program: string,
    args: readonly string[],
    { stdin = "", path = `${this.folder}:${process.env["PATH"] ?? ""}`, env: more = {} }: RunOptions = {},
  ): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const mine = Object.entries(process.env).filter(([name]) => HANDED_ON.includes(name));
      const env = { ...Object.fromEntries(mine), PATH: path, ...more };
      const child = spawn(program, args, { cwd: this.folder, env });
      let stdout = "";
      let stderr = "";
      child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => {
        resolve({ code, stdout, stderr });
      });
      child.stdin.end(stdin);
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
