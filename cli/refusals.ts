/** Why policy packs refuse a run: `pulumi preview --json` says only that it failed. */
import { createReadStream, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { engineEvent } from "../core/progress/engineEvent";
import { EVENT_LOG_ENV } from "./up/engine";
import type { Finished } from "./run";

/** What packs have forbidden, a text each. */
const refusalsIn = async (log: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const line of createInterface({ input: createReadStream(log) })) {
    const event = line.includes('"policyEvent"') ? engineEvent(line) : undefined;
    if (event?.kind === "says" && event.severity === "error") found.push(event.text);
  }
  return found;
};

/**
 * Runs pulumi so that its engine's events can be read where it fails.
 *
 * @param pulumi runs it with these arguments and variables beside its own
 */
export const withRefusals = async (
  pulumi: (more: { readonly args: readonly string[]; readonly env: NodeJS.ProcessEnv }) => Promise<Finished>,
): Promise<Finished & { readonly refusals: readonly string[] }> => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-preview-"));
  const log = join(folder, "events");
  try {
    const finished = await pulumi({ args: ["--event-log", log], env: EVENT_LOG_ENV });
    return { ...finished, refusals: finished.code !== 0 && existsSync(log) ? await refusalsIn(log) : [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};
