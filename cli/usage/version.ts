import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Of the package that this file is in: compiled, it lies deeper. */
export const version = (): string => {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) return (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
    if (folder === dirname(folder)) throw new Error("the package has no package.json");
  }
};
