import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { buildCommand, missingForGo } from "../../tools/goBuild";
import { unitFiles, unitsOn } from "./hardwayUnits";
import type { Lab } from "./lab";
import { cacheDir, labDirs } from "./paths";
import { step, type Log } from "./progress";
import { binariesOnNode } from "./rootfsFiles";
import { withRole, type NodeSpec } from "./topology";
import { inWaves } from "./waves";

/**
 * Stubs in the place of the components of a hard-way cluster: they are called the same, take the same flags, serve and
 * call with the same files (tools/stub says how), and start in no time.
 */

const MODULE = "stub";
const SOURCES = join(__dirname, "..", "..", "tools", MODULE);
const FOLDER = "/opt/stub";

/** Where the stubs of a node write down how their calls went. */
export const STUB_RECORDS = "/var/log/stub";

/** Port of the stub of an extension API server, which every API server brings along. */
export const EXTENSION_PORT = 4443;

/** The program, built anew when its sources change. */
async function ensureStub(log: Log): Promise<string> {
  const digest = createHash("sha256");
  for (const name of readdirSync(SOURCES).sort()) digest.update(name).update(readFileSync(join(SOURCES, name)));
  const file = join(labDirs.stubs, digest.digest("hex").slice(0, 12));
  if (existsSync(file)) return file;
  const around = { cache: cacheDir, env: process.env, onStep: () => undefined };
  const missing = await missingForGo([MODULE], around);
  if (missing !== undefined) throw new Error(missing);
  mkdirSync(labDirs.stubs, { recursive: true });
  const part = `${file}.${String(process.pid)}`;
  const command = { binary: MODULE, module: MODULE, package: ".", ldflags: "-s -w" };
  await step(log, "building the stub components", () => buildCommand(command, part, around));
  renameSync(part, file);
  return file;
}

/**
 * The unit files of a node with stubs in them, which have to be told who else there is: no API tells them.
 *
 * @param callEvery how often each kind of call is made, such as `20s`; by default a few times a second
 */
export function stubUnits(node: NodeSpec, all: readonly NodeSpec[], callEvery?: string): Record<string, string> {
  const controlPlanes = withRole(all, "control-plane").map(({ address }) => address);
  const kubelets = withRole(all, "worker").map(({ address }) => `${address}:10250`);
  const flags = {
    "control-planes": controlPlanes.join(","),
    kubelets: kubelets.join(","),
    ...(callEvery !== undefined && { "call-every": callEvery }),
  };
  const more = Object.entries(flags)
    .map(([flag, value]) => `  --stub-${flag}=${value} \\\n`)
    .join("");
  const units = Object.entries(unitFiles(node, all)).filter(([path]) => path.endsWith(".service"));
  return Object.fromEntries(
    units.map(([path, text]) => [
      path,
      text.replace(
        new RegExp(`^Description=(.*)$([^]*)^ExecStart=${binariesOnNode}/(.*\\n)`, "m"),
        `Description=stub of $1$2ExecStart=${FOLDER}/$3${more}`,
      ),
    ]),
  );
}

/** Puts the program and its units on the nodes of a bare lab; nothing is started. */
export async function installStubs(lab: Lab, log: Log, callEvery?: string): Promise<void> {
  const program = readFileSync(await ensureStub(log));
  await step(log, "putting the stub components on the nodes", async () => {
    const install = async (node: NodeSpec): Promise<void> => {
      await lab.must(node.name, `mkdir -p ${FOLDER} && cat >${FOLDER}/stub && chmod 755 ${FOLDER}/stub`, {
        stdin: program,
      });
      for (const [path, text] of Object.entries(stubUnits(node, lab.nodes, callEvery)))
        await lab.must(node.name, `cat >${path}`, { stdin: text });
      const links = unitsOn(node).map((name) => `ln -s stub ${FOLDER}/${name}`);
      await lab.must(node.name, [...links, "systemctl daemon-reload"].join(" && "));
    };
    await inWaves(lab.nodes, install);
  });
}
