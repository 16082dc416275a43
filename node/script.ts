/** The script that runs on nodes, as it is sent to them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "fflate";

const FOLDER = __dirname;

const read = (name: string): string => readFileSync(join(FOLDER, name), "utf8");

/** The script that runs on nodes: the numbered parts in node/, concatenated. */
const NODE_SCRIPT = readdirSync(FOLDER)
  .filter((name) => /^\d\d-.*\.sh$/.test(name))
  .sort()
  .map(read)
  .join("\n");

/**
 * What the install command reads from stdin, base64: the script, compressed since the state holds it twice for each node. By
 * fflate, whose bytes are the same on every Node: zlib's differ by version, and each change would run a step on every node.
 */
export const NODE_SCRIPT_GZIP = Buffer.from(gzipSync(Buffer.from(NODE_SCRIPT), { level: 9, mtime: 0 })).toString(
  "base64",
);

/** The command that puts the script on a node. */
export const INSTALL_COMMAND = read("install.sh");
