// The programs this project runs, found or got: `ensure` gives their paths.
// The order for each tool: installed, cached, official release, built.

import { availableParallelism } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { cacheFolder, cachedPath, lookUp } from "./cache";
import { catalog as fullCatalog, type Tool, type ToolName } from "./catalog";
import { installedPaths } from "./installed";
import { withLock } from "./lock";
import { startProgress } from "./progress";
import { defaultPatience, type Patience } from "./release";
import { answeringSites, obtain, waysTo, type Surroundings } from "./sources";

export { isToolName, toolNames, usualTools, type ToolName } from "./catalog";

export type Log = (line: string) => void;

/** What tests change; a program gives none of it. */
export interface ToolchainOptions {
  /** @default process.env */
  readonly env?: NodeJS.ProcessEnv;
  /** @default the tools of catalog.ts */
  readonly catalog?: readonly Tool[];
  /** @default 3 s for an answer, 15 s for a transfer that stands still */
  readonly patience?: Patience;
}

/**
 * Makes sure that the named programs are there, and gives the absolute path of
 * each. Throws one sentence when one cannot be had on this machine. What was got
 * before an interruption is kept, so the next call goes on from there.
 */
export async function ensure<Name extends string = ToolName>(
  names: readonly Name[],
  log: Log,
  options: ToolchainOptions = {},
): Promise<Record<Name, string>> {
  const around: Surroundings = {
    cache: cacheFolder(options.env ?? process.env),
    env: options.env ?? process.env,
    patience: options.patience ?? defaultPatience,
    log,
  };
  const tools = toolsOf(names, options.catalog ?? fullCatalog);
  const paths = new Map<string, string>();
  const absent = await findAll(tools, paths, around);
  if (absent.length > 0) {
    await withLock(join(around.cache, "tools", "lock"), { log }, async () => {
      // Another process may have got them while this one waited.
      await getAll(await findAll(absent, paths, around), paths, around);
    });
  }
  return pick(names, paths);
}

/** The PATH prefix under which the named programs are found; installed ones are on PATH already. */
export async function toolPath(names: readonly ToolName[], log: Log): Promise<string> {
  return pathPrefix(await ensure(names, log));
}

/** The same for paths that `ensure` has given. */
export function pathPrefix(paths: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = process.env): string {
  const onPath = new Set((env["PATH"] ?? "").split(delimiter));
  const folders = new Set(Object.values(paths).map((path) => dirname(path)));
  return [...folders].filter((folder) => !onPath.has(folder)).join(delimiter);
}

function toolsOf(names: readonly string[], catalog: readonly Tool[]): readonly Tool[] {
  for (const name of names) {
    if (!catalog.some((tool) => tool.binaries.includes(name))) {
      const known = catalog.flatMap((tool) => tool.binaries).join(", ");
      throw new Error(`there is no tool named ${name}: the names are ${known}`);
    }
  }
  return catalog.filter((tool) => tool.binaries.some((binary) => names.includes(binary)));
}

/** Fills in the paths of the tools that are installed or cached, and gives the others. */
async function findAll(
  tools: readonly Tool[],
  paths: Map<string, string>,
  around: Surroundings,
): Promise<readonly Tool[]> {
  const found = await Promise.all(tools.map((tool) => find(tool, around)));
  return tools.filter((tool, index) => {
    const at = found[index];
    tool.binaries.forEach((binary, place) => {
      const path = at?.[place];
      if (path !== undefined) paths.set(binary, path);
    });
    return at === undefined;
  });
}

async function find(tool: Tool, around: Surroundings): Promise<readonly string[] | undefined> {
  const installed = await installedPaths(tool, around.env);
  if (installed) return installed;
  const state = await lookUp(around.cache, tool);
  if (state === "altered")
    around.log(`${tool.name} ${tool.version} in the cache is not the file that was put there: getting it again`);
  return state === "ready" ? tool.binaries.map((binary) => cachedPath(around.cache, tool, binary)) : undefined;
}

async function getAll(tools: readonly Tool[], paths: Map<string, string>, around: Surroundings): Promise<void> {
  if (tools.length === 0) return;
  const sites = await answeringSites(tools, around);
  const work = tools.map((tool) => {
    const ways = waysTo(tool, sites, around);
    return { tool, ways, seconds: ways[0]?.seconds ?? 0 };
  });
  const progress = startProgress(work, availableParallelism(), around.log);
  try {
    for (const { tool, ways } of work) {
      progress.begin(tool, ways[0]?.words ?? "nowhere");
      await obtain(tool, ways, around, progress.step);
      progress.end(tool);
      for (const binary of tool.binaries) paths.set(binary, cachedPath(around.cache, tool, binary));
    }
  } finally {
    progress.stop();
  }
}

function pick<Name extends string>(names: readonly Name[], paths: ReadonlyMap<string, string>): Record<Name, string> {
  const entries = names.map((name) => [name, paths.get(name) ?? ""] as const);
  return Object.fromEntries(entries) as Record<Name, string>;
}
