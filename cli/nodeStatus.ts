/** Asks the nodes themselves, over the user's own ssh, which certificates they hold and serve. */
import { scriptCommand } from "../core/nodes/scriptCommand";
import { plainSerial } from "../core/format/x509";
import type { CertificateRow } from "../core/report/report";
import type { OnNode } from "../core/report/status";
import { someAtATime, withPinnedHosts } from "./pinnedHosts";
import { lastLine, run } from "./run";
import { sshArgs, type SshChoice, type SshTarget } from "./sshArgs";
import type { NodeAddress } from "./stackOutputs";

/** The answer of `node.sh status` (docs/node-protocol.md). */
export interface NodeFacts {
  readonly applied: string | undefined;
  /** Serials of the certificates in the files of the last payload. */
  readonly held: ReadonlySet<string>;
  readonly served: readonly { readonly consumer: string; readonly at: string; readonly serial: string }[];
}

/** Facts, or the sentence that says why there are none. */
export type Answer = { readonly facts: NodeFacts } | { readonly unreachable: string };

export function parsedFacts(text: string): NodeFacts {
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (kind: string) => lines.filter(([first]) => first === kind);
  const applied = of("applied")[0]?.[1];
  return {
    applied: applied === "none" ? undefined : applied,
    // A subject may hold spaces: serial, notAfter and fingerprint are counted from the end.
    held: new Set(of("file").map((fields) => plainSerial(fields.at(-3) ?? ""))),
    served: of("served").map(([, consumer = "", at = "", serial = ""]) => ({
      consumer,
      at,
      serial: plainSerial(serial),
    })),
  };
}

/** A node that has applied a payload and shows no certificate cannot read them: that is no difference. */
export const answerOf = (facts: NodeFacts): Answer =>
  facts.applied !== undefined && facts.held.size === 0 && facts.served.length === 0
    ? { unreachable: `its certificates cannot be read: there is no openssl on it (applied ${facts.applied})` }
    : { facts };

/** Whether a node uses the stack's certificate: one whose proof is `served` must be served now, any other be in its files. */
export function comparison(row: CertificateRow, answer: Answer | undefined): OnNode {
  if (answer === undefined || "unreachable" in answer) return "unreachable";
  const serial = plainSerial(row.serial);
  const { held, served } = answer.facts;
  const present = row.proof === "served" ? served.some((each) => each.serial === serial) : held.has(serial);
  return present ? "same" : "differs";
}

/** What a node says of a port where nothing answers. */
const NO_ANSWER = "-";

/** Certificates that a node serves and the stack does not have, one sentence each. */
export function unknownCertificates(node: string, answer: Answer, rows: readonly CertificateRow[]): string[] {
  if ("unreachable" in answer) return [`${node}: ${answer.unreachable}`];
  const known = new Set(rows.filter((row) => row.node === node).map((row) => plainSerial(row.serial)));
  return answer.facts.served
    .filter(({ serial }) => serial !== NO_ANSWER && !known.has(serial))
    .map(
      ({ consumer, at, serial }) =>
        `${node}: ${consumer} at ${at} serves a certificate with serial ${serial}, which is not in the stack`,
    );
}

const TIMEOUT_MS = 60_000;

const statusCommand = ({ sudo }: NodeAddress): string => scriptCommand("status", sudo);

async function asked(node: NodeAddress, target: SshTarget, choice: SshChoice): Promise<Answer> {
  const args = sshArgs(target, statusCommand(node), choice);
  const { code, stdout, stderr } = await run("ssh", args, { timeoutMs: TIMEOUT_MS });
  if (code === 0) return answerOf(parsedFacts(stdout));
  if (code === null) return { unreachable: `no answer within ${String(TIMEOUT_MS / 1000)} s` };
  return { unreachable: lastLine(stderr) || `ssh ended with ${String(code)}` };
}

/** Asks every node, some at a time. */
export const queryNodes = (nodes: readonly NodeAddress[], choice: SshChoice): Promise<Map<string, Answer>> =>
  withPinnedHosts(nodes, async (targetOf) => {
    const answers = new Map<string, Answer>();
    await someAtATime(nodes, async (node) => {
      answers.set(node.name, await asked(node, targetOf(node), choice));
    });
    return answers;
  });
