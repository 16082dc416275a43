/** The package as a user has it: packed, and installed into a project made by `pulumi new` from template/. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { ensure, type Log, type ToolName } from "../../tools/toolchain";
import { must } from "../lab/process";

const REPOSITORY = join(__dirname, "..", "..");

/** Of Node, the oldest line that the package is for, and the newest. */
export const NODE_LINES = ["node22", "node26"] as const satisfies readonly ToolName[];
export type NodeLine = (typeof NODE_LINES)[number];

/** A PATH on which `node` is that one, by a link in `folder`. */
export const pathWithNode = async (folder: string, line: NodeLine, path: string, log: Log): Promise<string> => {
  const bin = join(folder, line);
  mkdirSync(bin);
  symlinkSync((await ensure([line], log))[line], join(bin, "node"));
  return [bin, path].join(delimiter);
};

/** Builds the package and puts it into a folder; returns its path. One at a time: each build begins by removing dist/. */
export const pack = async (folder: string): Promise<string> => {
  const lock = join(REPOSITORY, "node_modules", ".kube-pki-pack");
  await must(["flock", lock, "npm", "pack", "--silent", "--pack-destination", folder], {
    cwd: REPOSITORY,
    timeoutMs: 1_200_000,
  });
  const [file] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  if (file === undefined) throw new Error("npm pack made no package");
  return join(folder, file);
};

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}
export const manifestOf = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;

/**
 * The packed package in `folder`/node_modules, and beside it only what it says it needs and `more`.
 * @param name under which a program finds it
 * @returns its folder
 */
export const installPacked = async (folder: string, name: string, more: readonly string[]): Promise<string> => {
  const modules = join(folder, "node_modules");
  const installed = join(modules, name);
  mkdirSync(installed, { recursive: true });
  await must(["tar", "-xzf", await pack(folder), "-C", installed, "--strip-components=1"]);
  const { dependencies, peerDependencies } = manifestOf(installed);
  for (const needed of [...Object.keys({ ...dependencies, ...peerDependencies }), ...more]) {
    mkdirSync(dirname(join(modules, needed)), { recursive: true });
    symlinkSync(join(REPOSITORY, "node_modules", needed), join(modules, needed));
  }
  return installed;
};

const EXACT = ["@pulumi/pulumi", "@pulumi/command", "@pulumi/kubernetes", "@pulumi/tls", "@pulumi/vault", "typescript"];

/** Versions that this repository is tested with: a release of today is nothing that a change of ours has to answer for. */
const exactly = (names: readonly string[]): string[] => {
  const { devDependencies } = manifestOf(REPOSITORY);
  return names.map((name) => `${name}@${devDependencies[name] ?? ""}`);
};

/** What an install script would get is there: plugins are stand-ins or installed. */
const npmInstall = (folder: string, packages: readonly string[]): Promise<string> =>
  must(["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", ...packages], {
    cwd: folder,
    timeoutMs: 600_000,
  });

/** As README says it. */
export const makePackageProject = async (folder: string, env: NodeJS.ProcessEnv): Promise<void> => {
  const template = join(REPOSITORY, "template");
  await must(["pulumi", "new", template, "--generate-only", "--yes", "--force", "--name", "clusters"], {
    cwd: folder,
    env,
  });
  await pack(folder);
  await npmInstall(folder, exactly(EXACT));
};

/** The same program as an ES module, which Node then loads by itself. */
export const makeModule = (folder: string): void => {
  const file = join(folder, "package.json");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  writeFileSync(file, JSON.stringify({ ...manifest, type: "module" }, undefined, 2));
};

/** By it the SDK loads an ES module; the one that it has itself is older than those. */
export const addTsNode = async (folder: string): Promise<void> => {
  await npmInstall(folder, ["ts-node@10.9.2"]);
};

/** The command line that the project has installed. */
export const installedKubePki = (folder: string): string => join(folder, "node_modules", ".bin", "kube-pki");
