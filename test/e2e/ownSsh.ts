/** The ssh of somebody who works at a lab: a configuration and an agent of their own. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Lab } from "../lab/lab";
import { must } from "../lab/process";
import { knownHostsFile } from "../lab/ssh";

export interface OwnSsh {
  /** For ssh -F. */
  readonly config: string;
  /** SSH_AUTH_SOCK. */
  readonly agent: string;
  readonly end: () => Promise<void>;
}

/** What they know of the lab: its nodes' host keys, and the key that opens them. */
export const ownSsh = async (lab: Lab): Promise<OwnSsh> => {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-own-ssh-"));
  const config = join(folder, "config");
  writeFileSync(config, `Host *\n  User root\n  UserKnownHostsFile ${knownHostsFile(lab.folder)}\n`);
  const agent = join(folder, "agent");
  const said = await must(["ssh-agent", "-s", "-a", agent]);
  const pid = /SSH_AGENT_PID=(\d+)/.exec(said)?.[1] ?? "";
  await must(["ssh-add", "-q", lab.sshKeyFile], { env: { ...process.env, SSH_AUTH_SOCK: agent } });
  const end = async () => {
    await must(["env", `SSH_AUTH_SOCK=${agent}`, `SSH_AGENT_PID=${pid}`, "ssh-agent", "-k"]);
    await must(["rm", "-rf", folder]);
  };
  return { config, agent, end };
};
