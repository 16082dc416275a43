/** Nodes of a stack as targets of ssh, with the host keys that the stack has for them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SshTarget } from "./sshArgs";
import type { NodeAddress } from "./stackOutputs";

const aliasOf = ({ name }: NodeAddress): string => `kube-pki-${name}`;

/** Gives `use` each node's target; the file of host keys that they name is there for so long. */
export const withPinnedHosts = async <T>(
  nodes: readonly NodeAddress[],
  use: (targetOf: (node: NodeAddress) => SshTarget) => Promise<T>,
): Promise<T> => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-ssh-"));
  try {
    const file = join(folder, "known_hosts");
    const lines = nodes.flatMap((node) => (node.hostKey == null ? [] : [`${aliasOf(node)} ${node.hostKey}\n`]));
    writeFileSync(file, lines.join(""), { mode: 0o600 });
    return await use((node) => pinnedTarget(node, file));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

export const pinnedTarget = (node: NodeAddress, file: string): SshTarget => ({
  host: node.host,
  port: node.port,
  user: node.user,
  trust: node.hostKey == null ? "any" : { file, as: aliasOf(node) },
});

// Enough to hide the round trips, few enough for a bastion's MaxStartups (10 by default).
const AT_ONCE = 8;

/** Does something with each, some at a time. */
export const someAtATime = async <T>(
  all: readonly T[],
  visit: (one: T) => Promise<void>,
  atOnce = AT_ONCE,
): Promise<void> => {
  const waiting = [...all];
  const worker = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) await visit(one);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
};
