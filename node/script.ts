/** The script that runs on nodes, as it is sent to them. */
import { createHash } from "node:crypto";
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
 * What the install command reads from stdin, base64: the script, compressed, since a DaemonSet holds it too. By fflate, whose
 * bytes are the same on every Node: zlib's differ by version, and each change would run a step on every node.
 */
export const nodeScriptGzip = (): string =>
  Buffer.from(gzipSync(Buffer.from(NODE_SCRIPT), { level: 9, mtime: 0 })).toString("base64");

/** By which the state knows the version that a node has. */
export const NODE_SCRIPT_SHA256 = createHash("sha256").update(NODE_SCRIPT).digest("hex");

/** The command that puts the script on a node. */
export const INSTALL_COMMAND = read("install.sh");
