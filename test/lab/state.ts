import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, type Owner } from "./lock";
import { labDirs, runDir } from "./paths";
import type { NodeSpec, TopologyName } from "./topology";

/** What is known of a running lab, in its own folder, so that any later process can use or clear it. */
export interface LabState {
  readonly name: string;
  readonly topology: TopologyName;
  readonly bare: boolean;
  /** The process whose end ends the lab; none for a lab that is kept. */
  readonly owner: Owner | undefined;
  readonly nodes: readonly NodeSpec[];
  readonly cgroups: readonly string[];
  readonly kubernetesVersion: string;
  readonly rootfs: string;
  readonly binaries: string;
  readonly containerdRoot: string;
}

function stateFile(lab: string): string {
  return join(runDir(lab), "state.json");
}

export function writeState(state: LabState): void {
  const file = stateFile(state.name);
  writeFileSync(`${file}.part`, `${JSON.stringify(state, undefined, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** Takes the lab's name by making its folder with the state in it, in one move; throws a sentence when it is taken. */
export function claim(state: LabState): void {
  const folder = runDir(state.name);
  const part = join(labDirs.run, `.${state.name}-${String(process.pid)}`);
  mkdirSync(part, { recursive: true });
  writeFileSync(join(part, "state.json"), JSON.stringify(state));
  try {
    renameSync(part, folder);
  } catch {
    rmSync(part, { recursive: true });
    throw new Error(
      `lab ${state.name}: is there already, stop it first (npm run lab -- down ${state.name}) or give another name`,
    );
  }
}

/** The state of a lab; undefined when there is none, or when it was killed before it had written one. */
export function readState(lab: string): LabState | undefined {
  const file = stateFile(lab);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as LabState) : undefined;
}

/** Names of all labs that have a folder. */
export function labNames(): string[] {
  return existsSync(labDirs.run)
    ? readdirSync(labDirs.run)
        .filter((name) => !name.startsWith("."))
        .sort()
    : [];
}

/** Labs whose driver is gone and that nobody asked to keep. */
export function abandonedLabs(): string[] {
  return labNames().filter((name) => {
    const state = readState(name);
    return state === undefined || (state.owner !== undefined && !isAlive(state.owner));
  });
}
