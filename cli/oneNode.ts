/** One node, of the stack or by its address, over the user's own ssh. */
import { scriptCommand } from "../core/nodes/scriptCommand";
import { Failure } from "./failure";
import { withPinnedHosts } from "./pinnedHosts";
import { lastLine, run } from "./run";
import { sshArgs, type SshChoice, type SshTarget } from "./sshArgs";
import { stackOutputs, type NodeAddress, type StackChoice } from "./stackOutputs";
import { hostOf, reasonOf } from "./surveyHosts";

/** Runs a verb of the node script there. */
export type AskNode = (verb: string, stdin?: string) => Promise<string>;

export interface There {
  /** In the stack; undefined where the host was named and no stack. */
  readonly node: string | undefined;
  readonly ask: AskNode;
  /** Arguments of an ssh that runs a verb. */
  readonly argsOf: (verb: string) => string[];
}

/** What ssh, or the node, said when it failed, for people. */
export const refusalOf = (name: string, stderr: string, code: number | null): Failure => {
  const said = lastLine(stderr) || `ssh ended with ${String(code)}`;
  return new Failure(
    said.includes("usage: node.sh")
      ? `${name}: its node.sh is of an earlier version; run \`pulumi up\` with this version first`
      : `${name}: ${reasonOf(new Error(said))}`,
  );
};

const there = (name: string, node: string | undefined, target: SshTarget, sudo: boolean, choice: SshChoice): There => {
  const argsOf = (verb: string) => sshArgs(target, scriptCommand(verb, sudo), choice);
  const ask: AskNode = async (verb, stdin = "") => {
    // what changes something is watched while it does
    const { code, stdout, stderr } = await run("ssh", argsOf(verb), { stdin, showStderr: stdin !== "" });
    if (code === 0) return stdout;
    throw stdin === "" ? refusalOf(name, stderr, code) : new Failure(`${name} was not put back: see above`);
  };
  return { node, ask, argsOf };
};

/** The nodes of a stack: pulumi is asked once, and only if somebody wants to know. */
export const nodesOnce = (choice: StackChoice): (() => Promise<readonly NodeAddress[]>) => {
  let asked: Promise<readonly NodeAddress[]> | undefined;
  return () => (asked ??= stackOutputs(choice).then(({ nodes }) => nodes));
};

/**
 * @param named a node of the stack, or user@host[:port] where no stack is at hand
 * @param nodesOf of nodesOnce, where several nodes are visited
 */
export const withNode = async <T>(
  named: string,
  choice: SshChoice & StackChoice,
  use: (there: There) => Promise<T>,
  nodesOf = nodesOnce(choice),
): Promise<T> => {
  if (named.includes("@")) {
    const { target, sudo } = hostOf(named);
    return use(there(named, undefined, target, sudo, choice));
  }
  const nodes = await nodesOf();
  const node = nodes.find(({ name }) => name === named);
  if (node === undefined) {
    const names = nodes.map(({ name }) => name).join(", ");
    throw new Failure(`node ${JSON.stringify(named)}; must be one of ${names}, or user@host`);
  }
  return withPinnedHosts([node], (targetOf) => use(there(node.name, node.name, targetOf(node), node.sudo, choice)));
};
