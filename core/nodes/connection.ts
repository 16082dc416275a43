/** Where and how ssh reaches a node. */
import type { Config, NodeConfig } from "../schema/config";

/** Where and how ssh reaches a node. */
export interface NodeConnection {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Absent only with `ssh.insecureIgnoreHostKeys`. */
  readonly hostKey: string | undefined;
  readonly sudo: boolean;
}

/** What tells a program of ours how to reach a node, JSON: it may have a key, which is in no argument and in no plain state. */
export const CONNECTION_VARIABLE = "KUBE_PKI_SSH";

export function nodeConnection({ ssh }: Pick<Config, "ssh">, node: NodeConfig): NodeConnection {
  return {
    host: node.ssh?.host ?? node.address,
    port: node.ssh?.port ?? ssh.port,
    user: node.ssh?.user ?? ssh.user,
    hostKey: node.ssh?.hostKey,
    sudo: ssh.sudo,
  };
}
