import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import { nodeConnection } from "../core/nodes/connection";
import type { Config, NodeConfig } from "../core/schema/config";

type Connection = types.input.remote.ConnectionArgs;

/**
 * Every dial is tried three times: the provider's default of ten also repeats a refused login and a wrong host key, which
 * locks us out of nodes that count such failures (OpenSSH PerSourcePenalties, fail2ban).
 */
const DIAL = { dialErrorLimit: 3, perDialTimeout: 15 };

/**
 * With `ssh.agent` nothing is said here: the provider finds the agent by SSH_AUTH_SOCK itself, and a socket's path in the
 * state would differ on every machine and re-run every command.
 */
const credentials = (privateKey: string | undefined) =>
  privateKey === undefined ? {} : { privateKey: pulumi.secret(privateKey) };

/** How the command provider reaches a node. */
export const sshConnection = (config: Config, node: NodeConfig): Connection => {
  const { host, port, user, hostKey } = nodeConnection(config, node);
  const { bastion, privateKey } = config.ssh;
  return {
    host,
    port,
    user,
    ...DIAL,
    ...(hostKey === undefined ? {} : { hostKey }),
    ...credentials(privateKey),
    ...(bastion === undefined
      ? {}
      : {
          proxy: {
            host: bastion.host,
            port: bastion.port,
            user: bastion.user,
            ...DIAL,
            ...(bastion.hostKey === undefined ? {} : { hostKey: bastion.hostKey }),
            ...credentials(bastion.privateKey ?? privateKey),
          },
        }),
  };
};
