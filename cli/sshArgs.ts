/** The user's own ssh to a node: their configuration holds for everything that is not named here. */
import type { OptionTable } from "./usage/spec";

export interface SshChoice {
  readonly identity?: string | undefined;
  readonly jump?: string | undefined;
  /** A configuration file instead of the user's, as for ssh -F. */
  readonly "ssh-config"?: string | undefined;
}

/** The options of every command that goes to nodes by ssh. */
export const SSH_OPTIONS = {
  identity: {
    type: "string",
    short: "i",
    value: "FILE",
    offers: "files",
    text: "private key for ssh; your agent and keys by default",
  },
  jump: { type: "string", short: "J", value: "HOST", text: "host to go through, as for ssh -J" },
  "ssh-config": {
    type: "string",
    short: "F",
    value: "FILE",
    offers: "files",
    text: "configuration for ssh instead of yours, as for ssh -F",
  },
} as const satisfies OptionTable;

export interface SshTarget {
  readonly host: string;
  /** The user's configuration says it, if it is not given. */
  readonly port?: number | undefined;
  readonly user?: string | undefined;
  /** Whose key is taken: one that is known by a name in a file of ours, any, or what the user's own known_hosts says. */
  readonly trust: { readonly file: string; readonly as: string } | "any" | "known";
}

const option = (text: string): string[] => ["-o", text];

const trusting = (trust: SshTarget["trust"]): string[] => {
  if (trust === "known") return option("StrictHostKeyChecking=yes");
  const alone = option("GlobalKnownHostsFile=/dev/null");
  if (trust === "any")
    return [
      ...alone,
      ...option("StrictHostKeyChecking=no"),
      ...option("UserKnownHostsFile=/dev/null"),
      ...option("LogLevel=ERROR"),
    ];
  return [
    ...alone,
    // one name for the key, whatever port and address the connection takes
    ...option(`HostKeyAlias=${trust.as}`),
    ...option("StrictHostKeyChecking=yes"),
    ...option(`UserKnownHostsFile="${trust.file}"`),
  ];
};

export const sshArgs = ({ host, port, user, trust }: SshTarget, command: string, choice: SshChoice): string[] => [
  ...(choice["ssh-config"] === undefined ? [] : ["-F", choice["ssh-config"]]),
  ...option("BatchMode=yes"),
  ...option("ConnectTimeout=10"),
  ...trusting(trust),
  ...(choice.identity === undefined ? [] : ["-i", choice.identity, ...option("IdentitiesOnly=yes")]),
  ...(choice.jump === undefined ? [] : ["-J", choice.jump]),
  ...(port === undefined ? [] : ["-p", String(port)]),
  ...(user === undefined ? [] : ["-l", user]),
  "--",
  host,
  command,
];
