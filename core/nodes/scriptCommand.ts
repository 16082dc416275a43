/** How the node script is called on a node (docs/node-protocol.md). */

export const NODE_SCRIPT = "/var/lib/kube-pki/node.sh";

const SUDO = "sudo -n ";

/** A command as a login that is not root gives it, without a password, or as root does. */
export const asRoot = (command: string, sudo: boolean): string => (sudo ? `${SUDO}${command}` : command);

/** The command itself, whoever gives it. */
export const withoutSudo = (command: string): string =>
  command.startsWith(SUDO) ? command.slice(SUDO.length) : command;

export const scriptCommand = (verb: string, sudo: boolean): string => asRoot(`sh ${NODE_SCRIPT} ${verb}`, sudo);
