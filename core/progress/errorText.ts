/** Of what pulumi prints of a step that failed: the sentence that says what is wrong and what to do. */

/** The command provider's: how it ended, and the command, which is the same for every node. */
const HEADER = /^(?:Process exited with status|exit status|Process exited with signal)[^\n]*?:? running [^\n]*:\n/;

/** The engine's last words, which say only that something was wrong. */
const EMPTY = /^(?:update failed|preview failed|update canceled|update cancelled|resource .* has a problem)$/;

/**
 * @param said what the step has said before, its last line at the end
 * @returns undefined where nothing is told by it
 */
export const errorText = (message: string, said: readonly string[]): string | undefined => {
  const text = message.trim();
  if (EMPTY.test(text)) return undefined;
  const body = text.replace(HEADER, "").trim();
  if (body === text) return body;
  const own = LOCAL.exec(body)?.[1];
  if (own !== undefined) return own.trim();
  // the last line of a node's stderr is the sentence (docs/node-protocol.md); its stdout may come behind it
  const last = said.at(-1);
  return last !== undefined && body.includes(last) ? last : (body.split("\n").at(-1) ?? body);
};

/** A program of ours on this machine may have a list to tell (cli/main.ts). */
const LOCAL = /(?:^|\n)kube-pki: ((?:(?!\nkube-pki: )[^])*)$/;
