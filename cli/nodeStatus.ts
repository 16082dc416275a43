/** Asks the nodes themselves, over the user's own ssh, which certificates they hold and serve. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plainSerial, type CertificateRow } from "../core/report/report";
import { lastLine, run } from "./run";
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

export type OnNode = "same" | "differs" | "unreachable";

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

export interface SshChoice {
  readonly identity?: string | undefined;
  readonly jump?: string | undefined;
}

const TIMEOUT_MS = 60_000;

/** The arguments for one node; the user's own ssh configuration holds for everything not named here. */
export function sshArgs(node: NodeAddress, knownHosts: string, { identity, jump }: SshChoice): string[] {
  const option = (text: string) => ["-o", text];
  const trust =
    node.hostKey == null
      ? [...option("StrictHostKeyChecking=no"), ...option("UserKnownHostsFile=/dev/null"), ...option("LogLevel=ERROR")]
      : [...option("StrictHostKeyChecking=yes"), ...option(`UserKnownHostsFile="${knownHosts}"`)];
  return [
    ...option("BatchMode=yes"),
    ...option("ConnectTimeout=10"),
    ...option("GlobalKnownHostsFile=/dev/null"),
    // One name for the key, whatever port and address the connection takes.
    ...option(`HostKeyAlias=kube-pki-${node.name}`),
    ...trust,
    ...(identity === undefined ? [] : ["-i", identity, ...option("IdentitiesOnly=yes")]),
    ...(jump === undefined ? [] : ["-J", jump]),
    "-p",
    String(node.port),
    "-l",
    node.user,
    "--",
    node.host,
    `${node.sudo ? "sudo -n " : ""}sh /var/lib/kube-pki/node.sh status`,
  ];
}

const knownHostsText = (nodes: readonly NodeAddress[]): string =>
  nodes.flatMap(({ name, hostKey }) => (hostKey == null ? [] : [`kube-pki-${name} ${hostKey}\n`])).join("");

async function asked(node: NodeAddress, knownHosts: string, choice: SshChoice): Promise<Answer> {
  const { code, stdout, stderr } = await run("ssh", sshArgs(node, knownHosts, choice), { timeoutMs: TIMEOUT_MS });
  if (code === 0) return answerOf(parsedFacts(stdout));
  if (code === null) return { unreachable: `no answer within ${String(TIMEOUT_MS / 1000)} s` };
  return { unreachable: lastLine(stderr) || `ssh ended with ${String(code)}` };
}

// Enough to hide the round trips, few enough for a bastion's MaxStartups (10 by default).
const AT_ONCE = 8;

/** Asks every node, some at a time. */
export async function queryNodes(nodes: readonly NodeAddress[], choice: SshChoice): Promise<Map<string, Answer>> {
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-status-"));
  try {
    const knownHosts = join(folder, "known_hosts");
    writeFileSync(knownHosts, knownHostsText(nodes), { mode: 0o600 });
    const answers = new Map<string, Answer>();
    const waiting = [...nodes];
    const worker = async () => {
      for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
        answers.set(node.name, await asked(node, knownHosts, choice));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return answers;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
