/** What the command says at its end. */
import { whereOf, type Secret } from "../../core/init/secrets";
import { REMARK_KINDS, REMARKS, type Remark } from "../../core/init/remarks";
import type { Stack } from "../../core/init/stack";
import { quoted } from "../usage/shells/quoted";
import { readCommand, setArgs } from "./secrets";

const listed = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `\n${title}:\n${lines.map((each) => `  ${each}\n`).join("")}`;

export const remarksText = (remarks: readonly Remark[], problems: readonly string[]): string =>
  listed("the stack file is not complete", problems) +
  REMARK_KINDS.map((kind) =>
    listed(
      REMARKS[kind],
      remarks.filter((each) => each.kind === kind).map(({ text }) => text),
    ),
  ).join("");

export const differencesText = (shown: string, differences: readonly string[]): string =>
  differences.length === 0
    ? `${shown} is there already, and the cluster is as it says\n`
    : `${shown} is there already and stays as it is; the cluster differs:\n${differences.map((each) => `  ${each}\n`).join("")}`;

/** Whether somebody has to act: before `pulumi up` can work, or for the stack to hold all of the cluster. */
export const needsAttention = ({ remarks, problems }: Pick<Stack, "remarks" | "problems">): boolean =>
  problems.length > 0 || remarks.some(({ kind }) => kind === "missing" || kind === "refused");

/** The command that sets a key which this one has not set. */
export const secretCommand = (secret: Secret, stack: string): string => {
  const set = `pulumi ${setArgs(secret.at).join(" ")} --stack ${stack}`;
  if ("local" in secret) return `${set} < ${quoted(secret.local)}`;
  const { ssh } = secret.file.node.visit;
  const login = ssh === undefined ? `root@${secret.file.node.address}` : `${ssh.user}@${ssh.host}`;
  const port = ssh === undefined || ssh.port === 22 ? "" : `-p ${String(ssh.port)} `;
  const read = readCommand(secret.file.path, ssh !== undefined && ssh.user !== "root");
  return `ssh ${port}${login} ${read} | ${set}`;
};

export const setText = (secrets: readonly Secret[]): string =>
  secrets.map((secret) => `set kube-pki:${secret.at} from ${whereOf(secret)}, as a secret\n`).join("");

export interface Written {
  readonly stack: Stack;
  readonly name: string;
  readonly shown: string;
  /** Secrets that are set. */
  readonly set: readonly Secret[];
  /** Secrets that nobody has set yet. */
  readonly unset: readonly Secret[];
}

export const writtenText = ({ stack, name, shown, set, unset }: Written): string => {
  const nodes = stack.nodes.map(({ name: each }) => each).join(", ");
  const next = [
    ...(set.length > 0 ? [] : [`pulumi stack init ${name}`]),
    ...unset.map((secret) => secretCommand(secret, name)),
    `pulumi preview --stack ${name}`,
    `pulumi up --stack ${name}`,
  ];
  return (
    `wrote ${shown}: nodes ${nodes}\n` +
    setText(set) +
    remarksText(stack.remarks, stack.problems) +
    listed("next", next)
  );
};
