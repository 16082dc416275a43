import { appendFileSync, chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inNamespace, labNamespace } from "./network";
import { must, run, type Result, type RunOptions } from "./process";
import type { NodeSpec } from "./topology";

/** The key that opens every node of a lab. */
export function keyFile(labFolder: string): string {
  return join(labFolder, "id_ed25519");
}

export function knownHostsFile(labFolder: string): string {
  return join(labFolder, "known_hosts");
}

/** Makes an ed25519 key pair unless it is there. */
export async function ensureKey(file: string, comment: string): Promise<void> {
  if (existsSync(file)) return;
  await must(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", file]);
  chmodSync(file, 0o600);
}

/** Replaces what is known of this address by the node's host key. */
export function trustHost(labFolder: string, address: string, hostKey: string): void {
  const file = knownHostsFile(labFolder);
  const lines = existsSync(file) ? readFileSync(file, "utf8").split("\n") : [];
  const others = lines.filter((line) => line !== "" && !line.startsWith(`${address} `));
  writeFileSync(file, others.map((line) => `${line}\n`).join(""));
  appendFileSync(file, `${address} ${hostKey}\n`);
}

/** The ssh command of a lab, to be run inside its namespace. */
export function sshArgv(labFolder: string, user = "root"): string[] {
  const options = {
    UserKnownHostsFile: knownHostsFile(labFolder),
    StrictHostKeyChecking: "yes",
    BatchMode: "yes",
    ConnectTimeout: "5",
    ServerAliveInterval: "15",
    LogLevel: "ERROR",
    User: user,
  };
  const flags = Object.entries(options).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  return ["ssh", "-F", "none", "-i", keyFile(labFolder), ...flags];
}

/** Runs shell text on a node over ssh; the exit code is the command's, 255 when ssh itself failed. */
export function runOnNode(
  lab: string,
  labFolder: string,
  node: NodeSpec,
  shellText: string,
  options: RunOptions = {},
): Promise<Result> {
  const what = options.what ?? `${node.name}: ${shellText.trim().split("\n")[0]?.slice(0, 80) ?? ""}`;
  const argv = [...sshArgv(labFolder), node.address, shellText];
  return run(inNamespace(labNamespace(lab), argv), { ...options, what });
}
