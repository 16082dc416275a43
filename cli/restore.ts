/** `kube-pki restore`: what a node keeps of earlier sets of files, and one of them put back. */
import { day } from "../core/format/day";
import { restorePayload } from "../core/protocol/restore";
import { commonName, tableText, type Column } from "../core/report/report";
import { parsedBackups, type Backup, type Kept } from "../core/restore/backups";
import { chosenBackup, leftAlone, putBack, setBefore, troubles, type EarlierSet } from "../core/restore/earlierSet";
import { EXIT, Failure, type Exit } from "./failure";
import { JSON_OPTION, parsedWithHosts, STACK_OPTIONS } from "./options";
import { taintApply } from "./taintApply";
import { withNode, type There } from "./oneNode";
import { SSH_OPTIONS } from "./sshArgs";
import type { StackChoice } from "./stackOutputs";
import type { OptionTable, Spec } from "./usage/spec";

const OPTIONS = {
  list: { type: "boolean", default: false, text: "list what there is, and change nothing" },
  unproven: {
    type: "boolean",
    default: false,
    text:
      "also a set whose certificates have ended or whose CA is not trusted any more, with its CAs and token keys: the files " +
      "alone, no service is restarted and nothing is proven",
  },
  ...STACK_OPTIONS,
  ...SSH_OPTIONS,
  json: { ...JSON_OPTION.json, text: "print what there is as JSON" },
} as const satisfies OptionTable;

export const SPEC: Spec = {
  summary: "puts a node's certificates, keys and kubeconfigs back as they were",
  args: "NODE [DATE]",
  text:
    "DATE is a time (2026-11-30, 2026-11-30T04:41Z) or a backup's name; before the node's last change by default. NODE is one " +
    "of the stack, or user@host[:port] where the stack is not at hand.",
  options: OPTIONS,
  examples: [
    ["restore cp1 --list", "what the node keeps"],
    ["restore cp1", "undo the last change"],
    ["restore root@10.0.0.11 2026-11-30", "as it was on that day, without a stack"],
  ],
  page: "restore.md",
};

export async function command(args: readonly string[]): Promise<Exit> {
  const { options, hosts: given } = parsedWithHosts(args, OPTIONS);
  const [node, wanted, ...more] = given;
  if (node === undefined || more.length > 0) throw new Failure("restore takes a node and at most one date; see --help");
  return withNode(node, options, async (there) => {
    const kept = await keptOn(node, there);
    const { backups } = kept;
    if (backups.length === 0) throw new Failure(`${node}: it keeps no earlier set: nothing was changed on it yet`);
    if (options.list || options.json) {
      process.stdout.write(options.json ? jsonOf(backups, new Date()) : listOf(backups, new Date()));
      return EXIT.fine;
    }
    const of = chosenBackup(backups, wanted);
    if (of === undefined)
      throw new Failure(
        `${node}: no change was made at ${wanted ?? ""} or later, so there is nothing to put back; --list shows what there is`,
      );
    const set = setBefore(backups, of);
    await restored(kept, set, there, !options.unproven);
    return stayedOpen(node, there, options);
  });
}

const keptOn = async (node: string, there: There): Promise<Kept> => {
  const kept = parsedBackups(await there.ask("backups"));
  if (there.node !== undefined && kept.node !== undefined && kept.node !== there.node)
    throw new Failure(
      `${node}: the machine that answers there is ${kept.node}; correct its address in the stack file, then run \`pulumi up\``,
    );
  return kept;
};

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const restored = async (kept: Kept, set: EarlierSet, there: There, isProven: boolean): Promise<void> => {
  const { node } = kept;
  const { name, at } = set.of;
  if (node === undefined)
    throw new Failure("nothing was applied on this node yet, so who reads its files is not known; run `pulumi up`");
  const wrong = isProven ? troubles(set, new Date()) : [];
  if (wrong.length > 0)
    throw new Failure(
      `${node}: ${wrong.join(", and ")}: nothing was touched; choose another set (--list), or put the files alone back, which ends in no proof (--unproven)`,
    );
  const copies = putBack(set, isProven);
  if (copies.length === 0)
    throw new Failure(
      `${node}: ${name} and what came after it hold no certificate, key or kubeconfig of the stack: nothing was touched`,
    );
  say(`${node}: ${String(copies.length)} files as they were before ${at.toISOString()} (${name})`);
  const left = leftAlone(set, isProven);
  if (left.length > 0) say(`${node}: replaced or made since, and left as it is: ${left.join(", ")}`);
  process.stdout.write(await there.ask("restore", restorePayload({ node, backup: name, copies, isProven })));
  if (!isProven)
    say(`${node}: no service has read these files yet: restart what reads them, the API server and the kubelet last`);
};

/** The stack does not know of it: its next `up` is to end this, and if it does not, that is said. */
const stayedOpen = async (named: string, { node }: There, choice: StackChoice): Promise<Exit> => {
  if (node !== undefined && (await taintApply(node, choice))) {
    say(
      `${node}: the next \`pulumi up\` puts the stack's set there again; until then the stack counts its renewals by certificates that this node does not have`,
    );
    return EXIT.fine;
  }
  say(
    `${named}: the stack does not know of this, and renews by certificates that this node does not have. Its set is put there again by pulumi up --replace '**-${node ?? "<node>"}-apply'`,
  );
  return EXIT.attention;
};

interface Listed {
  readonly backup: Backup;
  readonly set: EarlierSet;
}

const firstEnd = ({ leaves }: EarlierSet): Date | undefined =>
  leaves.map(({ notAfter }) => notAfter).sort((one, other) => one.getTime() - other.getTime())[0];

const BEFORE: Readonly<Record<string, string>> = {
  apply: "new certificates",
  trust: "a change of what is trusted",
  lay: "a recovery",
  "-": "a change",
};

const columns = (now: Date): readonly Column<Listed>[] => [
  { title: "SET", cell: ({ backup }) => backup.name },
  {
    title: "BEFORE",
    cell: ({ backup: { before, isFirst } }) => `${BEFORE[before] ?? before}${isFirst ? ", the first" : ""}`,
  },
  {
    title: "CERTIFICATES",
    cell: ({ backup: { leaves, copies } }) =>
      [...new Set(leaves.map(({ profile }) => profile))].join(" ") || `none (${String(copies.length)} files)`,
  },
  {
    title: "CA",
    cell: ({ backup: { leaves } }) => [...new Set(leaves.map(({ issuer }) => commonName(issuer)))].join(" ") || "-",
  },
  {
    title: "FIRST TO END",
    cell: ({ set }) => {
      const end = firstEnd(set);
      return end === undefined ? "-" : day(end);
    },
  },
  {
    title: "STATE",
    cell: ({ set }) =>
      putBack(set, true).length === 0 ? "nothing to put back" : troubles(set, now).join("; ") || "good",
  },
];

const listed = (backups: readonly Backup[]): Listed[] =>
  backups.map((backup) => ({ backup, set: setBefore(backups, backup) }));

const listOf = (backups: readonly Backup[], now: Date): string => tableText(columns(now), listed(backups));

const jsonOf = (backups: readonly Backup[], now: Date): string =>
  `${JSON.stringify(
    listed(backups).map(({ backup, set }) => ({
      ...backup,
      putsBack: putBack(set, true).map(({ path }) => path),
      troubles: troubles(set, now),
    })),
    null,
    2,
  )}\n`;
