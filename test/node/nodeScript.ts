import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const folder = join(__dirname, "..", "..", "node");

/** The text of node.sh: the numbered parts of node/, in order of name. */
export function nodeScript(): string {
  return readdirSync(folder)
    .filter((name) => /^[0-9].*\.sh$/.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8"))
    .join("\n");
}

/** The constant command text that puts node.sh in place. */
export function installCommand(): string {
  return readFileSync(join(folder, "install.sh"), "utf8");
}
