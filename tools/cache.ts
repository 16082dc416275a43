// Second way to get a tool: it was got before. A tool's folder appears in one
// rename, complete and with a record of every file's digest, or not at all.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { chmod, mkdir, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { z } from "zod";
import type { Tool } from "./catalog";

const recordSchema = z.strictObject({
  source: z.string(),
  files: z.array(
    z.strictObject({ name: z.string(), sha256: z.string(), size: z.number(), mtimeMs: z.number(), inode: z.number() }),
  ),
});
type CacheRecord = z.infer<typeof recordSchema>;

const recordName = "record.json";
const stagingPrefix = ".staging-";

export function cacheFolder(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_CACHE_HOME"];
  return join(base !== undefined && base !== "" ? base : join(homedir(), ".cache"), "kube-pki");
}

/** Operating system and processor as Go and the release sites name them. */
export const platform = {
  os: process.platform as string,
  arch: ({ x64: "amd64", arm64: "arm64" } as Readonly<Record<string, string>>)[process.arch] ?? process.arch,
} as const;

function folderOf(cache: string, tool: Tool): string {
  return join(cache, "tools", tool.name, `${tool.version}-${platform.os}-${platform.arch}`);
}

export function cachedPath(cache: string, tool: Tool, binary: string): string {
  return join(folderOf(cache, tool), "bin", binary);
}

/**
 * Whether the tool is here and every file is the one that was recorded. Hashing
 * all tools takes seconds, so a file is hashed only when its size, time or inode
 * is not the recorded one.
 */
export async function lookUp(cache: string, tool: Tool): Promise<"ready" | "absent" | "altered"> {
  const folder = folderOf(cache, tool);
  const record = await readRecord(folder);
  if (!record) return "absent";
  let touched = false;
  for (const name of tool.binaries) {
    const path = join(folder, "bin", name);
    const wanted = record.files.find((file) => file.name === name);
    const found = await fingerprint(path);
    if (!wanted || !found) return "altered";
    if (wanted.size === found.size && wanted.mtimeMs === found.mtimeMs && wanted.inode === found.inode) continue;
    if (wanted.sha256 !== (await sha256(path))) return "altered";
    Object.assign(wanted, found);
    touched = true;
  }
  if (touched) await writeRecord(folder, record);
  return "ready";
}

/** Lets `fill` put the binaries into a staging folder's `bin`, then makes it the tool's folder. */
export async function install(
  cache: string,
  tool: Tool,
  source: string,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = folderOf(cache, tool);
  const parent = join(folder, "..");
  await mkdir(parent, { recursive: true });
  // Only the holder of the lock comes here, so any staging folder is a dead run's.
  for (const name of await readdir(parent)) {
    if (name.startsWith(stagingPrefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  const staging = join(parent, `${stagingPrefix}${String(process.pid)}`);
  try {
    await mkdir(join(staging, "bin"), { recursive: true });
    await fill(staging);
    await writeRecord(staging, { source, files: await recordFiles(staging, tool) });
    await rm(folder, { recursive: true, force: true });
    await rename(staging, folder);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Where a cached tool came from, for people. */
export async function sourceOf(cache: string, tool: Tool): Promise<string | undefined> {
  return (await readRecord(folderOf(cache, tool)))?.source;
}

export async function sha256(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

async function recordFiles(folder: string, tool: Tool): Promise<CacheRecord["files"]> {
  const files: CacheRecord["files"] = [];
  for (const name of tool.binaries) {
    const path = join(folder, "bin", name);
    await chmod(path, 0o755).catch(() => undefined);
    const found = await fingerprint(path);
    if (!found) throw new Error(`${tool.name} ${tool.version} came without ${name}`);
    files.push({ name, sha256: await sha256(path), ...found });
  }
  return files;
}

async function fingerprint(path: string): Promise<{ size: number; mtimeMs: number; inode: number } | undefined> {
  try {
    const { size, mtimeMs, ino, mode } = await stat(path);
    return size > 0 && (mode & 0o111) !== 0 ? { size, mtimeMs, inode: ino } : undefined;
  } catch {
    return undefined;
  }
}

async function readRecord(folder: string): Promise<CacheRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(join(folder, recordName), "utf8")));
  } catch {
    // No record, or half of one: the tool counts as not there and is got again.
    return undefined;
  }
}

async function writeRecord(folder: string, record: CacheRecord): Promise<void> {
  const path = join(folder, recordName);
  await writeFile(`${path}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
  await rename(`${path}.new`, path);
}
