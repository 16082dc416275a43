/** The node that a restore is about, over the user's own ssh. */
import { Failure } from "../failure";
import { withPinnedHosts } from "../pinnedHosts";
import { lastLine, run } from "../run";
import { sshArgs, type SshChoice, type SshTarget } from "../sshArgs";
import { stackOutputs, type StackChoice } from "../stackOutputs";
import { hostOf, reasonOf } from "../surveyHosts";

/** Runs a verb of the node script there. */
export type AskNode = (verb: string, stdin?: string) => Promise<string>;

export interface There {
  /** In the stack; undefined where the host was named and no stack. */
  readonly node: string | undefined;
  readonly ask: AskNode;
}

const asker =
  (name: string, target: SshTarget, sudo: boolean, choice: SshChoice): AskNode =>
  async (verb, stdin = "") => {
    const command = `${sudo ? "sudo -n " : ""}sh /var/lib/kube-pki/node.sh ${verb}`;
    // what changes something is watched while it does
    const { code, stdout, stderr } = await run("ssh", sshArgs(target, command, choice), {
      stdin,
      showStderr: stdin !== "",
    });
    if (code === 0) return stdout;
    const said = lastLine(stderr) || `ssh ended with ${String(code)}`;
    if (/usage: node\.sh/.test(said))
      throw new Failure(`${name}: its node.sh is of an earlier version; run \`pulumi up\` with this version first`);
    throw new Failure(stdin === "" ? `${name}: ${reasonOf(new Error(said))}` : `${name} was not put back: see above`);
  };

/** @param named a node of the stack, or user@host[:port] where no stack is at hand */
export const withNode = async <T>(
  named: string,
  choice: SshChoice & StackChoice,
  use: (there: There) => Promise<T>,
): Promise<T> => {
  if (named.includes("@")) {
    const { target, sudo } = hostOf(named);
    return use({ node: undefined, ask: asker(named, target, sudo, choice) });
  }
  const { nodes } = await stackOutputs(choice);
  const node = nodes.find(({ name }) => name === named);
  if (node === undefined) {
    const names = nodes.map(({ name }) => name).join(", ");
    throw new Failure(`node ${JSON.stringify(named)}; must be one of ${names}, or user@host`);
  }
  return withPinnedHosts([node], (targetOf) =>
    use({ node: node.name, ask: asker(node.name, targetOf(node), node.sudo, choice) }),
  );
};
