/** How a host is reached: what the user typed, and what their own ssh makes of it. */
import { homedir } from "node:os";
import { canonicalSan } from "../../core/format/addresses";
import { isLogin } from "../../core/format/login";
import { Failure } from "../failure";
import { lastLine, run } from "../run";
import { sshArgs, type SshChoice } from "../sshArgs";
import type { NodeAddress } from "../stackOutputs";
import { hostOf } from "../surveyHosts";

export interface Reached extends NodeAddress {
  /** Files of host keys, and the names under which they may have the host's. */
  readonly knownHosts: readonly string[];
  readonly aliases: readonly string[];
  /** A host to go through first. */
  readonly jump: string | undefined;
}

const settingsOf = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text.split("\n").map((line) => {
      const at = line.indexOf(" ");
      return [line.slice(0, at), line.slice(at + 1).trim()];
    }),
  );

const given = (text: string | undefined): string | undefined =>
  text === undefined || text === "" || text === "none" ? undefined : text;

const atHome = (path: string): string => path.replace(/^~(?=\/)/, homedir());

/** Where `user@host:port` leads to by the user's ssh configuration; nothing is connected. */
export const reached = async (text: string, choice: SshChoice): Promise<Reached> => {
  const { target } = hostOf(text);
  const args = ["-G", ...sshArgs(target, "true", choice)];
  const { code, stdout, stderr } = await run("ssh", args);
  if (code !== 0) throw new Failure(`${text}: ${lastLine(stderr) || `ssh -G ended with ${String(code)}`}`);
  const settings = settingsOf(stdout);
  const host = canonicalSan(given(settings.get("hostname")) ?? target.host);
  const user = given(settings.get("user")) ?? "";
  const port = Number(given(settings.get("port")) ?? 22);
  if (host === undefined || !isLogin(user)) throw new Failure(`${text}: no host and login that a stack file takes`);
  const files = ["userknownhostsfile", "globalknownhostsfile"].flatMap(
    (name) => given(settings.get(name))?.split(" ").map(atHome) ?? [],
  );
  const alias = given(settings.get("hostkeyalias"));
  const named = port === 22 ? host : `[${host}]:${String(port)}`;
  return {
    name: `${host.replace(/[^a-z0-9.-]/g, "-")}-${String(port)}`,
    host,
    port,
    user,
    sudo: user !== "root",
    knownHosts: files,
    aliases: [named, ...(alias === undefined ? [] : [alias])],
    jump: given(settings.get("proxyjump")),
  };
};

/** As the user would type it. */
export const typed = ({ user, host, port }: Pick<NodeAddress, "user" | "host" | "port">): string =>
  `${user}@${host.includes(":") ? `[${host}]` : host}${port === 22 ? "" : `:${String(port)}`}`;
