/** systemd on this machine: where its units lie, and what it says of them. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../failure";
import { lastLine, run, type Finished } from "../run";

export const UNIT_FOLDER = "/etc/systemd/system";

const systemctl = (...args: readonly string[]): Promise<Finished> => run("systemctl", args);

const mustSystemctl = async (...args: readonly string[]): Promise<string> => {
  const { code, stdout, stderr } = await systemctl(...args);
  if (code !== 0) throw new Failure(`systemctl ${args.join(" ")} failed: ${lastLine(stderr)}`);
  return stdout;
};

const reasonOf = (error: unknown): string => {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === "EACCES" || code === "EPERM"
    ? 'only root may: run it with sudo env "PATH=$PATH", or write what --dry-run prints'
    : message;
};

/** Whole or not at all; @returns whether it was another one before */
const written = (path: string, text: string): boolean => {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return false;
  writeFileSync(`${path}.new`, text, { mode: 0o644 });
  renameSync(`${path}.new`, path);
  return true;
};

/**
 * Puts a service and its timer there and starts the timer.
 *
 * @returns whether anything was changed
 */
export const installUnits = async (
  folder: string,
  name: string,
  units: Readonly<Record<"service" | "timer", string>>,
): Promise<boolean> => {
  let changed: boolean;
  try {
    mkdirSync(folder, { recursive: true });
    changed = Object.entries(units)
      .map(([kind, text]) => written(join(folder, `${name}.${kind}`), text))
      .some(Boolean);
  } catch (error) {
    throw new Failure(`${folder}: the units cannot be written: ${reasonOf(error)}`);
  }
  await mustSystemctl("daemon-reload");
  await mustSystemctl("enable", "--now", `${name}.timer`);
  // one that runs already learns of another schedule by this alone
  if (changed) await mustSystemctl("restart", `${name}.timer`);
  return changed;
};

/** @returns whether there was one */
export const removeUnits = async (folder: string, name: string): Promise<boolean> => {
  const paths = ["timer", "service"].map((kind) => join(folder, `${name}.${kind}`));
  if (!paths.some((path) => existsSync(path))) return false;
  await systemctl("disable", "--now", `${name}.timer`);
  try {
    for (const path of paths) rmSync(path, { force: true });
  } catch (error) {
    throw new Failure(`${folder}: the units cannot be removed: ${reasonOf(error)}`);
  }
  await mustSystemctl("daemon-reload");
  return true;
};

export interface TimerState {
  /** As `systemctl list-timers` shows it: next and last run. */
  readonly listed: string;
  readonly isActive: boolean;
  /** Of the last run: success, exit-code, ...; undefined where there was none since boot. */
  readonly result: string | undefined;
  readonly exitCode: string;
  readonly endedAt: string;
}

export const timerState = async (name: string): Promise<TimerState> => {
  const listed = await mustSystemctl("list-timers", "--all", "--no-pager", `${name}.timer`);
  const isActive = (await systemctl("is-active", "--quiet", `${name}.timer`)).code === 0;
  const shown = await mustSystemctl("show", "-p", "Result,ExecMainStatus,ExecMainExitTimestamp", `${name}.service`);
  const fact = (wanted: string): string => new RegExp(`^${wanted}=(.*)$`, "m").exec(shown)?.[1] ?? "";
  const endedAt = fact("ExecMainExitTimestamp");
  return {
    listed,
    isActive,
    result: endedAt === "" ? undefined : fact("Result"),
    exitCode: fact("ExecMainStatus"),
    endedAt,
  };
};

/** What systemd itself says of a time; undefined where it takes it, or is not there to be asked. */
export const calendarTrouble = async (schedule: string): Promise<string | undefined> => {
  const { code, stderr } = await run("systemd-analyze", ["calendar", schedule]).catch(() => ({ code: 0, stderr: "" }));
  return code === 0 ? undefined : lastLine(stderr);
};
