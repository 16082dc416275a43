// `npm run tools -- [NAME...]`: gets the named tools; when none is named, all but those that one scenario wants.
// `npm run tools -- list`: says where each is, and gets nothing.

import { cacheFolder, cachedPath, lookUp, sourceOf } from "./cache";
import { catalog, type Tool } from "./catalog";
import { installedPaths } from "./installed";
import { ensure, isToolName, toolNames, usualTools } from "./toolchain";

const usage = `usage: npm run tools -- [list | NAME...]\nnames: ${toolNames.join(" ")}`;

function say(line: string): void {
  process.stderr.write(`tools: ${line}\n`);
}

async function whereabouts(tool: Tool): Promise<string> {
  const cache = cacheFolder(process.env);
  const installed = await installedPaths(tool, process.env);
  if (installed) return `installed  ${installed.join(" ")}`;
  if ((await lookUp(cache, tool)) !== "ready") return "not here yet";
  const paths = tool.binaries.map((binary) => cachedPath(cache, tool, binary));
  return `cached     ${paths.join(" ")} (from ${(await sourceOf(cache, tool)) ?? "an unknown source"})`;
}

async function list(): Promise<void> {
  const places = await Promise.all(catalog.map(whereabouts));
  catalog.forEach((tool, index) => {
    process.stdout.write(`${tool.name.padEnd(24)} ${tool.version.padEnd(10)} ${places[index] ?? ""}\n`);
  });
}

async function main(args: readonly string[]): Promise<void> {
  if (args.length === 1 && args[0] === "list") {
    await list();
    return;
  }
  const unknown = args.find((name) => !isToolName(name));
  if (unknown !== undefined) throw new Error(`there is no tool named ${unknown}\n${usage}`);
  const paths = await ensure(args.length > 0 ? args.filter(isToolName) : usualTools, say);
  for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name.padEnd(24)} ${path}\n`);
}

// Ending by process.exit stops a running build and lets go of the lock.
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  process.once(signal, () => {
    say("stopped; what is ready is kept, run it again to go on");
    process.exit(code);
  });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
