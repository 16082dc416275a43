/** `kube-pki backup`: what a node's PKI is, etcd's data and token Secrets, encrypted before they touch a disk of this machine. */
import { spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { Recipients } from "./backup/encrypted";
import { SnapshotDecoder } from "./backup/snapshot";
import { mustBe } from "../core/format/problem";
import { EXIT, Failure, type Exit } from "./failure";
import { nodesOnce, refusalOf, withNode, type There } from "./oneNode";
import { parsedWithHosts, STACK_OPTIONS } from "./options";
import { SSH_OPTIONS } from "./sshArgs";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  recipient: {
    type: "string",
    short: "r",
    multiple: true,
    default: [] as string[],
    value: "KEY",
    text: "a public key of age (age1...); several may be given, and each holder can decrypt",
  },
  output: {
    type: "string",
    short: "o",
    value: "DIR",
    offers: "folders",
    text: "where the files go; made if it is not there",
  },
  ...STACK_OPTIONS,
  ...SSH_OPTIONS,
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "what a cluster's PKI is made of, encrypted, onto this machine",
  args: "[NODE...]",
  text:
    "Of each node the files (CA keys too), of an etcd member a snapshot, of a control plane the Secrets with tokens. NODE is " +
    "one of the stack, all by default, or user@host[:port].",
  options: OPTIONS,
  examples: [["backup --recipient age1... --output backups", "all nodes of the selected stack"]],
  page: "backup.md",
};

/** What a node can give (node/88-dump.sh), and what it becomes. */
const DUMPS = {
  files: { ending: "files.tar", of: "every", decode: undefined },
  etcd: { ending: "etcd.db", of: "first", decode: () => new SnapshotDecoder() },
  tokens: { ending: "tokens.json", of: "first", decode: undefined },
} as const;

type Dump = keyof typeof DUMPS;

export async function command(args: readonly string[]): Promise<Exit> {
  const { options, hosts } = parsedWithHosts(args, OPTIONS);
  const { recipient, output } = options;
  if (recipient.length === 0)
    throw new Failure("--recipient: missing; give a public key of age, which age-keygen prints");
  if (output === undefined) throw new Failure("--output: missing; give a folder for the files");
  const recipients = await Recipients.of(recipient);
  const nodesOf = nodesOnce(options);
  const nodes = hosts.length > 0 ? hosts : (await nodesOf()).map(({ name }) => name);
  makeFolder(output);
  // 20261130T044147Z, as on the nodes
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const had = new Set<Dump>();
  const visit = async (there: There): Promise<void> => {
    const [first = "", ...offered] = (await there.ask("dump what")).trim().split("\n");
    const node = first.replace(/^node /, "");
    for (const dump of Object.keys(DUMPS) as Dump[]) {
      const { ending, of } = DUMPS[dump];
      if (!offered.includes(dump) || (of === "first" && had.has(dump))) continue;
      had.add(dump);
      const file = join(output, `${node}-${at}.${ending}.age`);
      await dumped(node, there, dump, file, recipients);
      process.stdout.write(`${file}\n`);
    }
  };
  for (const named of nodes) await withNode(named, options, visit, nodesOf);
  return EXIT.fine;
}

const makeFolder = (output: string): void => {
  try {
    mkdirSync(output, { recursive: true, mode: 0o700 });
    accessSync(output, constants.W_OK);
  } catch {
    throw new Failure(mustBe("--output", JSON.stringify(output), "a folder that you may write to, or a place for one"));
  }
};

/** Streams what a verb prints into an encrypted file. */
const dumped = async (node: string, there: There, dump: Dump, file: string, recipients: Recipients): Promise<void> => {
  const child = spawn("ssh", there.argsOf(`dump ${dump}`), { stdio: ["ignore", "pipe", "pipe"] });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const ended = new Promise<number | null>((resolve) => {
    child.on("error", () => {
      resolve(null);
    });
    child.on("close", resolve);
  });
  const source: Readable = decoded(child.stdout, DUMPS[dump].decode?.());
  try {
    await recipients.write(source, file, async () => {
      const code = await ended;
      if (code !== 0) throw refusalOf(node, stderr, code);
    });
  } catch (error) {
    child.kill();
    if (error instanceof Failure) throw error;
    // the node's own word, if it has said one, is the reason
    throw stderr.trim() === ""
      ? new Failure(`${node}: ${error instanceof Error ? error.message : String(error)}`)
      : refusalOf(node, stderr, await ended);
  }
};

const decoded = (source: Readable, decoder: SnapshotDecoder | undefined): Readable => {
  if (decoder === undefined) return source;
  source.on("error", (error) => decoder.destroy(error));
  return source.pipe(decoder);
};
