// Third way to get a tool: its official release, where the site answers within
// seconds, checked against the digest the site publishes.

import { createWriteStream } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { sha256, platform } from "./cache";
import { sites, type Release, type SiteName, type Tool } from "./catalog";
import { run } from "./run";

export interface Patience {
  /** How long a site may take to answer a request. */
  readonly answerMs: number;
  /** How long a transfer may stand still. */
  readonly stallMs: number;
}

export const defaultPatience: Patience = { answerMs: 3_000, stallMs: 15_000 };

export function addressOf(site: SiteName, env: NodeJS.ProcessEnv): string | undefined {
  const { env: name, address } = sites[site];
  const given = env[name] ?? "";
  if (given === "off") return undefined;
  return (given === "" ? address : given).replace(/\/+$/, "");
}

/** Any HTTP answer will do: what is not there is found out, in a sentence, when it is asked for. */
export async function answers(address: string, patience: Patience): Promise<boolean> {
  try {
    const response = await fetch(address, {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(patience.answerMs),
    });
    return response.status > 0;
  } catch {
    return false;
  }
}

/** Puts the release's binaries into `folder/bin`. */
export async function fetchRelease(
  tool: Tool,
  release: Release,
  address: string,
  folder: string,
  patience: Patience,
): Promise<void> {
  if (release.kind === "installer") {
    await runPulumiInstaller(tool.version, folder);
    return;
  }
  const url = `${address}/${fillIn(release.asset)}`;
  const sums = `${address}/${fillIn(release.checksums)}`;
  const text = (await ask(sums, patience)).text();
  const wanted = findDigest(await within(text, patience.stallMs, standsStill(sums, patience)), basename(url));
  if (wanted === undefined) throw new Error(`${sums} holds no SHA-256 for ${basename(url)}`);
  const file = join(folder, "download");
  await download(url, file, patience);
  const got = await sha256(file);
  if (got !== wanted) throw new Error(`${url} has SHA-256 ${got}, but ${wanted} is published: it was not used`);
  if (release.unpack) await unpack(file, folder, tool);
  else await copyFile(file, join(folder, "bin", basename(url)));
  await rm(file);
  for (const binary of tool.binaries) await chmod(join(folder, "bin", binary), 0o755);
}

function fillIn(template: string): string {
  return template.replaceAll("{os}", platform.os).replaceAll("{arch}", platform.arch);
}

/** Reads both forms in use: one bare digest, and lines of digest and file name. */
export function findDigest(text: string, file: string): string | undefined {
  const lines = text.split("\n").map((line) => line.trim().split(/\s+/));
  const named = lines.find(([, name]) => name?.replace(/^\*/, "") === file);
  const bare = lines.find((fields) => fields.length === 1 && fields[0] !== "");
  const digest = (named ?? bare)?.[0];
  return digest !== undefined && /^[0-9a-f]{64}$/.test(digest) ? digest : undefined;
}

function standsStill(url: string, patience: Patience): string {
  return `${url} stood still for ${seconds(patience.stallMs)}`;
}

async function ask(url: string, patience: Patience): Promise<Response> {
  const abort = new AbortController();
  const timer = setTimeout(() => {
    abort.abort();
  }, patience.answerMs);
  try {
    const response = await fetch(url, { signal: abort.signal });
    if (!response.ok) throw new Error(`${url} answered ${String(response.status)}`);
    return response;
  } catch (error) {
    if (abort.signal.aborted) throw new Error(`${url} did not answer within ${seconds(patience.answerMs)}`);
    throw error instanceof TypeError ? new Error(`${url} cannot be reached`) : error;
  } finally {
    clearTimeout(timer);
  }
}

async function download(url: string, file: string, patience: Patience): Promise<void> {
  const { body } = await ask(url, patience);
  if (!body) throw new Error(`${url} answered without a body`);
  const reader = body.getReader();
  const out = createWriteStream(file);
  try {
    for (;;) {
      const part = await within(reader.read(), patience.stallMs, standsStill(url, patience));
      if (part.done) break;
      if (!out.write(part.value))
        await new Promise<void>((resolve) =>
          out.once("drain", () => {
            resolve();
          }),
        );
    }
  } finally {
    await reader.cancel().catch(() => undefined);
    await new Promise<void>((resolve) =>
      out.end(() => {
        resolve();
      }),
    );
  }
}

async function within<T>(promise: Promise<T>, ms: number, sentence: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error(sentence));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function unpack(archive: string, folder: string, tool: Tool): Promise<void> {
  const unpacked = join(folder, "unpacked");
  await mkdir(unpacked);
  await run("tar", ["-xzf", archive, "-C", unpacked]);
  const top = (await readdir(unpacked)).map((name) => join(unpacked, name));
  for (const binary of tool.binaries) {
    const candidates = [unpacked, ...top].map((parent) => join(parent, binary));
    await copyFirst(candidates, join(folder, "bin", binary), `${basename(archive)} holds no ${binary}`);
  }
  await rm(unpacked, { recursive: true });
}

async function copyFirst(candidates: readonly string[], target: string, sentence: string): Promise<void> {
  for (const candidate of candidates) {
    try {
      await copyFile(candidate, target);
      return;
    } catch {
      // Not this one.
    }
  }
  throw new Error(sentence);
}

/** The SDK knows where Pulumi's releases are and how they are installed. */
async function runPulumiInstaller(version: string, folder: string): Promise<void> {
  // Loaded only here: the SDK takes longer to load than a warm run may take.
  const [{ PulumiCommand }, { SemVer }] = await Promise.all([import("@pulumi/pulumi/automation"), import("semver")]);
  await PulumiCommand.install({ version: new SemVer(version), root: folder });
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 100) / 10)} s`;
}
