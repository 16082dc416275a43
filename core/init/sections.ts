/** The sections `nodes` and `ssh`: what each node is, and how it was reached. */
import type { Choices } from "./choices";
import { loginFields } from "./login";
import type { ExtraNames } from "./names";
import type { FoundNode } from "./nodes";
import { mostCommon, together, type Remark } from "./remarks";
import type { Raw } from "./checked";
import { unique } from "../format/unique";
import type { SshTarget } from "./visits";

const ROOT = "root";
const SSH_PORT = 22;

/** What most nodes have in common. */
const common = (nodes: readonly FoundNode[]): { readonly user: string; readonly port: number } => {
  const targets = nodes.flatMap(({ visit: { ssh } }) => ssh ?? []);
  return {
    user: mostCommon(targets.map(({ user }) => user)) ?? ROOT,
    port: mostCommon(targets.map(({ port }) => port)) ?? SSH_PORT,
  };
};

/** Keys are made by openssl from 1.1.1 on; where there is none they have to be made in the state. */
export const canMakeKeys = ({ visit: { survey } }: FoundNode): boolean => {
  const [major = 0, minor = 0, patch = 0] = (survey.host.openssl ?? "0")
    .split(/[.-]/)
    .map((part) => parseInt(part, 10));
  return major > 1 || (major === 1 && (minor > 1 || (minor === 1 && patch >= 1)));
};

const accessOf = (ssh: SshTarget | undefined, address: string, usual: ReturnType<typeof common>): Raw | undefined => {
  if (ssh === undefined) return undefined;
  const { host, port, user, hostKey } = ssh;
  return {
    ...(host === address ? {} : { host }),
    ...(port === usual.port ? {} : { port }),
    ...(user === usual.user ? {} : { user }),
    ...(hostKey === undefined ? {} : { hostKey }),
  };
};

export const nodeFields = (nodes: readonly FoundNode[], names: ExtraNames): readonly Raw[] => {
  const usual = common(nodes);
  const isMixed = nodes.some(canMakeKeys);
  return nodes.map((node) => {
    const { name, address, otherAddresses, roles, visit } = node;
    const extraSans = unique([...otherAddresses, ...(names.nodes.get(name) ?? [])]);
    const ssh = accessOf(visit.ssh, address, usual);
    return {
      name,
      address,
      roles,
      ...(extraSans.length === 0 ? {} : { extraSans }),
      ...(isMixed && !canMakeKeys(node) ? { keyLocation: "state" } : {}),
      ...(ssh === undefined || Object.keys(ssh).length === 0 ? {} : { ssh }),
    };
  });
};

export const sshFields = (nodes: readonly FoundNode[], { bastion, login }: Pick<Choices, "bastion" | "login">): Raw => {
  const { user, port } = common(nodes);
  const isRoot = nodes.every(({ visit: { ssh } }) => ssh === undefined || ssh.user === ROOT);
  return {
    user,
    ...(port === SSH_PORT ? {} : { port }),
    ...(isRoot ? {} : { sudo: true }),
    ...loginFields(login),
    ...(bastion && {
      bastion: {
        host: bastion.host,
        ...(bastion.port === SSH_PORT ? {} : { port: bastion.port }),
        user: bastion.user,
        ...(bastion.hostKey === undefined ? {} : { hostKey: bastion.hostKey }),
      },
    }),
  };
};

/** What a node cannot do, or nobody knows of it. */
export const nodeRemarks = (nodes: readonly FoundNode[]): Remark[] => [
  ...together(
    "missing",
    nodes
      .filter(({ visit: { ssh } }) => ssh?.hostKey === undefined)
      .map(({ name, visit: { ssh } }) => ({
        node: name,
        text: `no host key${ssh === undefined ? ", since the survey was saved" : ""}: set ssh.hostKey of the node (ssh-keyscan -t ed25519,ecdsa HOST)`,
      })),
  ),
  ...together(
    "left",
    nodes
      .filter((node) => !canMakeKeys(node))
      .map(({ name, visit: { survey } }) => ({
        node: name,
        text: `${survey.host.openssl === undefined ? "no openssl" : `openssl ${survey.host.openssl} is older than 1.1.1`}, so its keys are made and kept in the stack's state (keyLocation: state)`,
      })),
  ),
  ...together(
    "unfound",
    nodes.flatMap(({ name, visit: { survey } }) => survey.unread.map((text) => ({ node: name, text }))),
  ),
];
