/** How the node script is called on a node (docs/node-protocol.md). */

export const NODE_SCRIPT = "/var/lib/kube-pki/node.sh";

/** @param sudo of a login that is not root, without a password */
export const scriptCommand = (verb: string, sudo: boolean): string =>
  `${sudo ? "sudo -n " : ""}sh ${NODE_SCRIPT} ${verb}`;
