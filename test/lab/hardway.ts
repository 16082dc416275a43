import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeAuthorities, pkiFiles } from "./hardwayPki";
import { units, unitsOn, type UnitName } from "./hardwayUnits";
import type { Lab } from "./lab";
import { boundFolders } from "./node";
import { nodeDir } from "./paths";
import { step, type Log } from "./progress";
import type { NodeSpec } from "./topology";
import { inWaves } from "./waves";

/** Puts a bare node's units on its disk before it boots. */
export function writeUnits(labFolder: string, node: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = onDisk(labFolder, node, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

/** Where a path of a node is on the host: some folders are bound, the rest is the overlay's upper layer. */
function onDisk(labFolder: string, node: string, path: string): string {
  const bound = boundFolders.find((name) => path.startsWith(`/var/lib/${name}/`));
  const inside = bound === undefined ? join("upper", path) : join(bound, path.slice(`/var/lib/${bound}/`.length));
  return join(nodeDir(labFolder, node), inside);
}

/** Makes the PKI, unless it is given, brings it to every node and starts the services. */
export async function installHardway(lab: Lab, log: Log, pki: "made" | "given" = "made"): Promise<void> {
  const folder = join(lab.folder, "pki");
  if (pki === "made")
    await step(log, "making the PKI with openssl", async () => {
      await makeAuthorities(folder);
      for (const node of lab.nodes) await push(lab, node, await pkiFiles(folder, node, lab.endpoint));
    });
  await startServices(lab, lab.nodes, log);
}

/** Writes files over ssh in one go: keys and kubeconfigs 0600, the rest 0644. */
export async function push(lab: Lab, node: NodeSpec, files: Record<string, string>): Promise<void> {
  // One document of `path`, `mode`, base64 lines; three words a line need no quoting.
  const lines = Object.entries(files).map(([path, text]) => {
    const mode = /(\.(crt|pub)|(?<!-key)\.pem)$/.test(path) ? "644" : "600";
    return `${path} ${mode} ${Buffer.from(text).toString("base64")}\n`;
  });
  const script = `umask 077
while read -r path mode text; do
  mkdir -p "$(dirname "$path")"
  echo "$text" | base64 -d >"$path"
  chmod "$mode" "$path"
done`;
  await lab.must(node.name, script, { stdin: lines.join("") });
}

/** Enables and starts the units of these nodes, one kind after another: each needs the one before. */
export async function startServices(lab: Lab, nodes: readonly NodeSpec[], log: Log): Promise<void> {
  for (const name of Object.keys(units) as UnitName[]) {
    const having = nodes.filter((node) => unitsOn(node).includes(name));
    if (having.length === 0) continue;
    await step(log, `starting ${name} on ${having.map((node) => node.name).join(", ")}`, () =>
      inWaves(having, (node) => lab.must(node.name, `systemctl enable --quiet --now ${name}`, { timeoutMs: 120_000 })),
    );
  }
}
