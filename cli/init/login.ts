/** What a host let the operator in by: one more connection of the user's own ssh, which says so. */
import { loginIn, type Login } from "../../core/init/login";
import type { SshTarget } from "../../core/init/visits";
import { withPinnedHosts } from "../pinnedHosts";
import { run } from "../run";
import { sshArgs, type SshChoice } from "../sshArgs";

const TIMEOUT_MS = 20_000;

/** Undefined: it cannot be told. */
export const loginAt = (host: SshTarget, choice: SshChoice): Promise<Login | undefined> => {
  const node = { name: "login", ...host, sudo: false };
  return withPinnedHosts([node], async (targetOf) => {
    // a connection that is shared proves nothing anew
    const args = ["-v", "-o", "ControlPath=none", ...sshArgs(targetOf(node), "true", choice)];
    const { stderr } = await run("ssh", args, { timeoutMs: TIMEOUT_MS });
    return loginIn(stderr, choice.identity);
  });
};
