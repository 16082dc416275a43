// Last way to get a Go program: build it from the Go module proxy, out of a
// module of ours whose go.mod and go.sum pin every source.

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { platform } from "./cache";
import type { GoCommand } from "./catalog";
import { findOnPath } from "./installed";
import { run } from "./run";
import { atLeast, findVersion } from "./versions";

export interface GoSurroundings {
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  /** Told what the compiler is busy with. */
  readonly onStep: (step: string) => void;
}

function goEnv({ cache, env }: GoSurroundings): NodeJS.ProcessEnv {
  return {
    ...env,
    // Our own caches: a build neither fills nor depends on the user's.
    GOCACHE: join(cache, "go", "build"),
    GOMODCACHE: join(cache, "go", "mod"),
    // Readonly: a source that go.sum does not name is refused.
    GOFLAGS: "-mod=readonly -buildvcs=false -trimpath -v",
    CGO_ENABLED: "0",
    GOOS: platform.os,
    GOARCH: platform.arch,
    GOTOOLCHAIN: "local",
    GOWORK: "off",
  };
}

export async function buildCommand(command: GoCommand, target: string, around: GoSurroundings): Promise<void> {
  const module = join(__dirname, command.module);
  const env = goEnv(around);
  await mkdir(join(around.cache, "go"), { recursive: true });
  let compiled = 0; // -v in GOFLAGS names each package as its turn comes
  await run("go", ["build", "-ldflags", command.ldflags, "-o", target, command.package], {
    cwd: module,
    env,
    onStderr: (chunk) => {
      const packages = chunk.split("\n").filter((line) => line !== "" && !line.startsWith("go: "));
      compiled += packages.length;
      around.onStep(compiled === 0 ? "downloading modules" : `compiling, ${String(compiled)} packages so far`);
    },
  });
}

/** One sentence when these modules cannot be built here. */
export async function missingForGo(modules: readonly string[], around: GoSurroundings): Promise<string | undefined> {
  const needed = await neededGo(modules);
  const sentence = `Go ${needed} or newer is needed to build from the Go module proxy: install it from https://go.dev/dl and put it on PATH`;
  if ((await findOnPath("go", around.env)) === undefined) return sentence;
  const said = await run("go", ["env", "GOVERSION"], { env: goEnv(around), timeoutMs: 10_000 }).catch(() => "");
  const found = findVersion(said);
  const wanted = findVersion(needed);
  return found && wanted && atLeast(found, wanted) ? undefined : `${sentence} (found ${said.trim() || "no version"})`;
}

/** The highest `go` line of the modules: with GOTOOLCHAIN=local an older Go cannot build them. */
async function neededGo(modules: readonly string[]): Promise<string> {
  let needed = "1.0";
  for (const module of new Set(modules)) {
    const line = /^go (\S+)$/m.exec(await readFile(join(__dirname, module, "go.mod"), "utf8"))?.[1];
    const [has, so] = [findVersion(line ?? ""), findVersion(needed)];
    if (line !== undefined && has && so && !atLeast(so, has)) needed = line;
  }
  return needed;
}
