/** Gives a stack the private keys that lie on its nodes: from ssh's stdout into pulumi's stdin, and nowhere else. */
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { sshKeyProblems } from "../../core/format/sshKey";
import { whereOf, type LocalSecret, type NodeSecret, type Secret } from "../../core/init/secrets";
import { Failure } from "../failure";
import { withPinnedHosts } from "../pinnedHosts";
import { lastLine, pulumiError, pulumiSaid, run } from "../run";
import { sshArgs, type SshChoice, type SshTarget } from "../sshArgs";
import type { NodeAddress } from "../stackOutputs";

const TIMEOUT_MS = 60_000;

/** What is pasted into a command on a node. */
const PLAIN_PATH = /^\/[A-Za-z0-9._/@+-]+$/;

export const readCommand = (path: string, sudo: boolean): string => `${sudo ? "sudo -n " : ""}cat ${path}`;

const digestOf = (pem: string): string | undefined => {
  try {
    const key = createPublicKey(createPrivateKey(pem));
    return createHash("sha256")
      .update(key.export({ type: "spki", format: "der" }))
      .digest("hex");
  } catch {
    return undefined;
  }
};

const nodeKey = async (secret: NodeSecret, target: SshTarget, sudo: boolean, choice: SshChoice): Promise<string> => {
  const { path } = secret.file;
  if (!PLAIN_PATH.test(path))
    throw new Failure(`${whereOf(secret)}: its path has characters that no command of ours takes`);
  const { code, stdout, stderr } = await run("ssh", sshArgs(target, readCommand(path, sudo), choice), {
    timeoutMs: TIMEOUT_MS,
  });
  if (code !== 0) throw new Failure(`${whereOf(secret)}: ${lastLine(stderr) || `ssh ended with ${String(code)}`}`);
  if (digestOf(stdout) !== secret.publicKey)
    throw new Failure(`${whereOf(secret)}: not the key that the survey found, or one with a passphrase`);
  return stdout;
};

/** The operator's own; @throws Failure where pulumi could not log in by it */
const localKey = ({ at, local }: LocalSecret): string => {
  const text = readFileSync(local, "utf8");
  const [problem] = sshKeyProblems(at, text);
  if (problem !== undefined) throw new Failure(`${local}: ${problem}`);
  return text;
};

export interface PulumiStack {
  readonly name: string;
  readonly cwd?: string | undefined;
}

const pulumi = async ({ name, cwd }: PulumiStack, args: readonly string[], stdin?: string) =>
  run("pulumi", [...args, "--stack", name, "--non-interactive"], { cwd, ...(stdin === undefined ? {} : { stdin }) });

/** Secrets are encrypted by the stack's own key, so there has to be one. Returns whether it was made. */
export const ensureStack = async (stack: PulumiStack): Promise<boolean> => {
  const { code, stderr } = await pulumi(stack, ["config", "--json"]);
  if (code === 0) return false;
  if (!stderr.includes("no stack named")) throw new Failure(`pulumi: ${pulumiError(stderr)}`); // init says what to do
  const made = await run("pulumi", ["stack", "init", stack.name, "--non-interactive"], { cwd: stack.cwd });
  if (made.code !== 0) throw new Failure(`pulumi stack init ${stack.name}: ${pulumiSaid(made.stderr)}`);
  return true;
};

export const setArgs = (at: string): string[] => ["config", "set", "--secret", "--path", `kube-pki:${at}`];

const addressOf = ({ file: { node } }: NodeSecret): NodeAddress | undefined =>
  node.visit.ssh && { name: node.name, ...node.visit.ssh, sudo: node.visit.ssh.user !== "root" };

/** Those that may be read: hosts of a survey that was saved cannot be reached, and a key of the operator's is theirs to give. */
export const isReachable = (secret: Secret): boolean =>
  "file" in secret ? addressOf(secret) !== undefined : secret.isNamed;

/** @throws Failure where a key cannot be read or set; those before it are set */
export const setSecrets = async (secrets: readonly Secret[], stack: PulumiStack, choice: SshChoice): Promise<void> => {
  const addresses = secrets.flatMap((secret) => ("file" in secret ? (addressOf(secret) ?? []) : []));
  await withPinnedHosts(addresses, async (targetOf) => {
    const textOf = async (secret: Secret): Promise<string | undefined> => {
      if ("local" in secret) return localKey(secret);
      const address = addressOf(secret);
      return address && nodeKey(secret, targetOf(address), address.sudo, choice);
    };
    for (const secret of secrets) {
      const key = await textOf(secret);
      if (key === undefined) continue;
      const { code, stderr } = await pulumi(stack, setArgs(secret.at), key);
      if (code !== 0) throw new Failure(`pulumi config set ${secret.at}: ${pulumiSaid(stderr)}`);
    }
  });
};
