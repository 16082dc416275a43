import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "esbuild";
import { cacheFolder } from "../../../tools/cache";

export const standIns = ["command", "tls", "kubernetes", "vault"] as const;
export type StandIn = (typeof standIns)[number];

/** Each plugin bundled into one file, because a plugin starts at every preview. Built once per state of the sources. */
export async function bundle(): Promise<string> {
  const parent = join(cacheFolder(process.env), "plugins");
  const folder = join(parent, digest());
  if (existsSync(folder)) return folder;
  mkdirSync(parent, { recursive: true });
  const building = mkdtempSync(join(parent, "building-"));
  try {
    await Promise.all(standIns.map((name) => bundleOne(name, building)));
    renameSync(building, folder);
  } catch (error) {
    rmSync(building, { recursive: true, force: true });
    // Two runs may build at once: the first one wins.
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

async function bundleOne(name: StandIn, folder: string): Promise<void> {
  await build({
    entryPoints: [join(__dirname, name, "main.ts")],
    outfile: join(folder, `${name}.js`),
    bundle: true,
    platform: "node",
    target: "node20",
    define: { pluginVersion: JSON.stringify(pinnedVersion(name)) },
    // ssh2 and its ciphers try compiled add-ons and do without them.
    external: ["*.node", "cpu-features"],
    logLevel: "error",
  });
}

/** The version of the official plugin that the npm package asks for. */
export function pinnedVersion(name: StandIn): string {
  const manifest = JSON.parse(readFileSync(require.resolve(`@pulumi/${name}/package.json`), "utf8")) as {
    pulumi: { version: string };
  };
  return manifest.pulumi.version;
}

/** Of our sources and of the lock file, which pins all the rest. */
function digest(): string {
  const hash = createHash("sha256");
  const sources = readdirSync(__dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => join(__dirname, name));
  const lock = join(__dirname, "../../../package-lock.json");
  for (const file of [...sources.sort(), lock])
    hash.update(`${relative(__dirname, file)}\0`).update(readFileSync(file));
  return hash.digest("hex").slice(0, 16);
}
