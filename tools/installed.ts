// First way to get a tool: it is installed already, and new enough.

import { access, constants, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import type { Tool } from "./catalog";
import { run } from "./run";
import { atLeast, findVersion } from "./versions";

/** A program that does not say its version within this time is passed over. */
const answerMs = 5_000;

export async function findOnPath(binary: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const folder of (env["PATH"] ?? "").split(delimiter).filter(isAbsolute)) {
    const path = join(folder, binary);
    try {
      await access(path, constants.X_OK);
      if ((await stat(path)).isFile()) return path;
    } catch {
      // Not in this folder: look in the next one.
    }
  }
  return undefined;
}

/** The paths of all the tool's binaries, or undefined when one is missing or the version is not welcome. */
export async function installedPaths(tool: Tool, env: NodeJS.ProcessEnv): Promise<readonly string[] | undefined> {
  if (!tool.installed) return undefined;
  const paths: string[] = [];
  for (const binary of tool.binaries) {
    const path = await findOnPath(binary, env);
    if (path === undefined) return undefined;
    paths.push(path);
  }
  const [first] = paths;
  if (first === undefined) return undefined;
  const said = await run(first, tool.installed.args, { env, timeoutMs: answerMs }).catch(() => "");
  return isWelcome(said, tool.installed) ? paths : undefined;
}

function isWelcome(said: string, { minimum, sameMinor }: NonNullable<Tool["installed"]>): boolean {
  const found = findVersion(said);
  const wanted = findVersion(minimum);
  if (!found || !wanted || !atLeast(found, wanted)) return false;
  return sameMinor !== true || (found[0] === wanted[0] && found[1] === wanted[1]);
}
