import * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import { nodeConnection } from "../core/nodes/connection";
import type { Config, NodeConfig } from "../core/schema/config";
import type { Inputs } from "./inputs";

type Connection = types.input.remote.ConnectionArgs;
type Bastion = NonNullable<Config["ssh"]["bastion"]>;

/**
 * Every dial is tried three times: the provider's default of ten also repeats a refused login and a wrong host key, which
 * locks us out of nodes that count such failures (OpenSSH PerSourcePenalties, fail2ban).
 */
const DIAL = { dialErrorLimit: 3, perDialTimeout: 15 };

/**
 * With `ssh.agent` nothing is said here: the provider finds the agent by SSH_AUTH_SOCK itself, and a socket's path in the
 * state would differ on every machine and re-run every command.
 */
const credentials = (privateKey: pulumi.Input<string> | undefined) =>
  privateKey === undefined ? {} : { privateKey: pulumi.secret(privateKey) };

/** A field of `ssh`; undefined where nothing is given. */
const field = (
  inputs: Inputs,
  path: string,
  pick: (ssh: Config["ssh"]) => string | undefined,
): pulumi.Input<string> | undefined =>
  pick(inputs.config.ssh) === undefined
    ? undefined
    : inputs.of([`ssh.${path}`], ({ config }) => pick(config.ssh) ?? "");

const proxyOf = (inputs: Inputs, { port, user }: Bastion, privateKey: pulumi.Input<string> | undefined) => {
  const hostKey = field(inputs, "bastion.hostKey", ({ bastion }) => bastion?.hostKey);
  return {
    host: field(inputs, "bastion.host", ({ bastion }) => bastion?.host) ?? "",
    port,
    user,
    ...DIAL,
    ...(hostKey === undefined ? {} : { hostKey }),
    ...credentials(field(inputs, "bastion.privateKey", ({ bastion }) => bastion?.privateKey) ?? privateKey),
  };
};

/** Where ssh connects to, and the host key it must find there; undefined: any. */
export const sshHost = (inputs: Inputs, node: NodeConfig) => {
  const at = inputs.pathOf(node);
  return {
    host: inputs.of(
      [node.ssh?.host === undefined ? `${at}.address` : `${at}.ssh.host`],
      (known) => nodeConnection(known.config, known.config.nodes.find(({ name }) => name === node.name) ?? node).host,
    ),
    hostKey:
      node.ssh?.hostKey === undefined
        ? undefined
        : inputs.of(
            [`${at}.ssh.hostKey`],
            ({ config }) => config.nodes.find(({ name }) => name === node.name)?.ssh?.hostKey ?? "",
          ),
  };
};

/** How the command provider reaches a node. */
export const sshConnection = (inputs: Inputs, node: NodeConfig): Connection => {
  const { ssh } = inputs.config;
  const { port, user } = nodeConnection(inputs.config, node);
  const { host, hostKey } = sshHost(inputs, node);
  const privateKey = field(inputs, "privateKey", (known) => known.privateKey);
  return {
    host,
    port,
    user,
    ...DIAL,
    ...(hostKey === undefined ? {} : { hostKey }),
    ...credentials(privateKey),
    ...(ssh.bastion === undefined ? {} : { proxy: proxyOf(inputs, ssh.bastion, privateKey) }),
  };
};
