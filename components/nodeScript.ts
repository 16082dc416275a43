import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(__dirname, "..", "node");

const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

/** The script that runs on nodes: the numbered parts in node/, one after another. */
export const NODE_SCRIPT = readdirSync(FOLDER)
  .filter((name) => /^\d\d-.*\.sh$/.test(name))
  .sort()
  .map(read)
  .join("");

/** The command that puts the script on a node; it reads it from stdin. */
export const INSTALL_COMMAND = read("install.sh");
