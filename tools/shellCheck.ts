// The shell part of `npm run check`: every shell script of the repository passes
// shellcheck and is written as shfmt writes it.

import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { ensure } from "./toolchain";

const root = join(__dirname, "..");
const format = ["-ln", "posix", "-i", "2", "-ci"] as const;

/** A text as shellcheck reads it, and the file and line that each of its lines comes from. */
interface Script {
  readonly text: string;
  readonly origin: (line: number) => string;
}

/** Files named NN-name.sh are pieces of one script: only together do they define all that they use. */
function scriptsOf(files: readonly string[]): readonly Script[] {
  const pieces = files.filter((file) => /^\d\d-/.test(basename(file))).sort();
  const single = files.filter((file) => !pieces.includes(file)).map((file) => [file]);
  return [...single, pieces].filter((group) => group.length > 0).map(joinPieces);
}

function joinPieces(files: readonly string[]): Script {
  const lines = files.flatMap((file) => {
    const text = readFileSync(join(root, file), "utf8").replace(/\n$/, "");
    return text.split("\n").map((line, index) => ({ line, at: `${file}:${String(index + 1)}` }));
  });
  return {
    text: `${lines.map(({ line }) => line).join("\n")}\n`,
    origin: (line) => lines[line - 1]?.at ?? `line ${String(line)}`,
  };
}

/** As `max-lines` of eslint.config.js: a file names one concept, which is then found by its name. */
const LINES = 250;

function tooLong(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => {
    const lines = readFileSync(join(root, file), "utf8").trimEnd().split("\n").length;
    return lines > LINES
      ? [`${file}: ${String(lines)} lines; must be at most ${String(LINES)}; split it by concept`]
      : [];
  });
}

function findings(shellcheck: string, script: Script): readonly string[] {
  const { status, stdout, stderr } = spawnSync(shellcheck, ["--shell=sh", "--format=gcc", "-"], {
    input: script.text,
    encoding: "utf8",
  });
  // 1 means findings; anything else means that it did not check at all.
  if (status !== 0 && status !== 1) return [`shellcheck did not run: ${stderr}`];
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.replace(/^-:(\d+)/, (_, number: string) => script.origin(Number(number))));
}

async function main(): Promise<void> {
  const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "*.sh"], {
    cwd: root,
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file !== "");
  const { shellcheck, shfmt } = await ensure(["shellcheck", "shfmt"], (line) =>
    process.stderr.write(`tools: ${line}\n`),
  );
  const problems = [...tooLong(files), ...scriptsOf(files).flatMap((script) => findings(shellcheck, script))];
  const formatted = spawnSync(shfmt, [...format, "-d", ...files], { cwd: root, encoding: "utf8" });
  process.stdout.write([...problems, formatted.stdout, formatted.stderr].filter((text) => text !== "").join("\n"));
  const clean = problems.length === 0 && formatted.status === 0;
  process.stdout.write(
    clean ? `${String(files.length)} shell files are clean\n` : "\nwrite them as shfmt -w -ln posix -i 2 -ci does\n",
  );
  process.exitCode = clean ? 0 : 1;
}

main().catch((error: unknown) => {
  process.stderr.write(`tools: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
