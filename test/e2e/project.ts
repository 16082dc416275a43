/** This repository's program as a Pulumi project in a folder of its own, and the stack file in it. */
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";

const REPOSITORY = join(__dirname, "..", "..");
/** The command line. */
export const KUBE_PKI = join(REPOSITORY, "cli", "kube-pki");

/** What a checkout needs to be a Pulumi project; its stack files are not among it. */
const PROJECT = [
  "Pulumi.yaml",
  "index.ts",
  "components",
  "core",
  "node",
  "node_modules",
  "package.json",
  "tsconfig.json",
];

/** Links to this checkout, and room for state and stack files. */
export const makeProject = (folder: string): void => {
  for (const part of ["state", "stacks"]) mkdirSync(join(folder, part), { recursive: true, mode: 0o700 });
  for (const part of PROJECT) symlinkSync(join(REPOSITORY, part), join(folder, part));
};

/** Sets plain top-level keys of a stack file; undefined removes one. */
export const configureStack = (folder: string, stack: string, values: Readonly<Record<string, unknown>>): void => {
  const path = join(folder, "stacks", `Pulumi.${stack}.yaml`);
  const file = parse(readFileSync(path, "utf8")) as { config?: Record<string, unknown> };
  file.config = { ...file.config };
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) Reflect.deleteProperty(file.config, `kube-pki:${key}`);
    else file.config[`kube-pki:${key}`] = value;
  }
  writeFileSync(path, stringify(file));
};
