import { createPrivateKey } from "node:crypto";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Client, utils, type ConnectConfig } from "ssh2";
import type { Context } from "../host";
import { opensshPrivateKey } from "../tls/openssh";
import { isObject, number, text, type Properties } from "../values";

/** The delays of the engine's own retry helper, which the official plugin uses: the first pause is already multiplied. */
const retry = { firstSeconds: 0.1, factor: 1.5, capSeconds: 5 };
/**
 * How long the official plugin takes to see that the other machine is gone: Go has TCP ask after 15 s of silence and then every 15 s,
 * nine times. Node.js cannot set that, so ssh is what asks here: a machine whose sshd alone has stopped counts as gone too.
 */
const gone = { keepaliveInterval: 15_000, keepaliveCountMax: 9 };
const defaults = { user: "root", port: 22, dialErrorLimit: 10, perDialTimeoutSeconds: 15 };

/** An SSH connection to the host, by the bastion if there is one, with every failed dial tried again. */
export async function dial(connection: Properties, context: Context): Promise<Client> {
  const target = new Endpoint(connection);
  const config = await target.config();
  if (!isObject(connection["proxy"])) {
    return retrying("Dial", target.dialErrorLimit, context, async () => handshake(config, await target.socket()));
  }
  const proxy = new Endpoint(connection["proxy"]);
  try {
    const proxyConfig = await proxy.config();
    const bastion = await retrying("Dial proxy", proxy.dialErrorLimit, context, async () =>
      handshake(proxyConfig, await proxy.socket()),
    );
    const line = await retrying("Dial from proxy", target.dialErrorLimit, context, () => through(bastion, target));
    return await retrying("Dial", target.dialErrorLimit, context, () => handshake(config, line));
  } catch (error) {
    throw new Error(`proxy: ${error instanceof Error ? error.message : String(error)}`);
  }
}

class Endpoint {
  readonly host: string;
  readonly port: number;
  readonly dialErrorLimit: number;

  constructor(private readonly given: Properties) {
    this.host = text(given["host"]) ?? "";
    this.port = Math.trunc(number(given["port"]) ?? defaults.port);
    this.dialErrorLimit = Math.trunc(number(given["dialErrorLimit"]) ?? defaults.dialErrorLimit);
  }

  /** What is wrong with the credentials themselves is not tried again. */
  async config(): Promise<ConnectConfig> {
    const { given } = this;
    const privateKey = text(given["privateKey"]);
    const password = text(given["password"]);
    const agent =
      text(given["agentSocketPath"]) ??
      (process.env["SSH_AUTH_SOCK"] === "" ? undefined : process.env["SSH_AUTH_SOCK"]);
    const hostKey = text(given["hostKey"]);
    if (agent !== undefined) await reachable(agent);
    return {
      username: text(given["user"]) ?? defaults.user,
      // The official plugin bounds the TCP connect only: a server that accepts and says nothing hangs it.
      readyTimeout: 0,
      ...gone,
      ...(privateKey !== undefined && keyAuthentication(privateKey, text(given["privateKeyPassword"]))),
      ...(password !== undefined && { password, tryKeyboard: true }),
      ...(agent !== undefined && { agent }),
      ...(hostKey !== undefined && pinned(hostKey)),
      authHandler: [
        "none",
        ...(privateKey === undefined ? [] : ["publickey" as const]),
        ...(password === undefined ? [] : ["password" as const, "keyboard-interactive" as const]),
        // Go's client tries each method once, so a key that failed hides the agent.
        ...(agent === undefined || privateKey !== undefined ? [] : ["agent" as const]),
      ],
    };
  }

  socket(): Promise<Socket> {
    const seconds = number(this.given["perDialTimeout"]) ?? defaults.perDialTimeoutSeconds;
    const where = `dial tcp ${this.host}:${String(this.port)}`;
    return new Promise((resolve, reject) => {
      const socket = connect({ host: this.host, port: this.port, noDelay: true });
      const fail = (message: string): void => {
        socket.destroy();
        reject(new Error(`${where}: ${message}`));
      };
      const timer = setTimeout(() => {
        fail("i/o timeout");
      }, seconds * 1000);
      if (seconds === 0) clearTimeout(timer);
      socket.once("error", (error: NodeJS.ErrnoException) => {
        clearTimeout(timer);
        fail(error.code === "ECONNREFUSED" ? "connect: connection refused" : `connect: ${error.message}`);
      });
      socket.once("connect", () => {
        clearTimeout(timer);
        socket.removeAllListeners("error");
        resolve(socket);
      });
    });
  }
}

function keyAuthentication(privateKey: string, passphrase: string | undefined): ConnectConfig {
  // ssh2 reads PKCS#1, SEC1 and OpenSSH; Go reads PKCS#8 as well.
  const pkcs8 = privateKey.includes("-----BEGIN PRIVATE KEY-----");
  const key = pkcs8 ? opensshPrivateKey(createPrivateKey(privateKey)) : privateKey;
  const parsed = utils.parseKey(key, passphrase);
  if (parsed instanceof Error) {
    const locked = passphrase === undefined && parsed.message.includes("no passphrase given");
    throw new Error(locked ? "ssh: this private key is passphrase protected" : `ssh: ${parsed.message}`);
  }
  return { privateKey: key, ...(passphrase !== undefined && { passphrase }) };
}

function pinned(hostKey: string): ConnectConfig {
  const [type = "", blob = ""] = hostKey.trim().split(/\s+/);
  const expected = Buffer.from(blob, "base64");
  if (expected.length === 0) throw new Error("failed to parse host key: ssh: no key found");
  return {
    hostVerifier: (offered: Buffer) => offered.equals(expected),
    algorithms: { serverHostKey: [type] as never },
  };
}

function handshake(config: ConnectConfig, sock: Duplex): Promise<Client> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    const fail = (error: Error): void => {
      client.destroy();
      reject(new Error(`ssh: handshake failed: ${wording(error.message)}`));
    };
    client.once("error", fail);
    client.once("close", () => {
      fail(new Error("EOF"));
    });
    client.on("keyboard-interactive", (_name, _instructions, _language, prompts, finish) => {
      finish(prompts.map(() => String(config.password)));
    });
    client.once("ready", () => {
      client.removeAllListeners("error").removeAllListeners("close");
      // A line that breaks later shows as a command without an exit status.
      client.on("error", () => undefined);
      resolve(client);
    });
    client.connect({ ...config, sock: sock });
  });
}

function wording(message: string): string {
  if (message.includes("verification failed")) return "ssh: host key mismatch";
  if (message.includes("All configured authentication methods failed"))
    return "ssh: unable to authenticate, no supported methods remain";
  return message;
}

function through(bastion: Client, target: Endpoint): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    bastion.forwardOut("127.0.0.1", 0, target.host, target.port, (error, stream) => {
      if (error) reject(error);
      else resolve(stream);
    });
  });
}

function reachable(socketPath: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once("error", (error) => {
      reject(new Error(`dial unix ${socketPath}: ${error.message}`));
    });
    socket.once("connect", () => {
      socket.destroy();
      resolve();
    });
  });
}

async function retrying<T>(what: string, limit: number, context: Context, attempt: () => Promise<T>): Promise<T> {
  for (let failures = 1, delay = retry.firstSeconds; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (limit > -1 && failures > limit) {
        throw new Error(`after ${String(failures - 1)} failed attempts: ${message}`);
      }
      const of = limit === -1 ? "inf" : String(limit);
      context.log("info", `${what} ${String(failures)}/${of} failed: retrying`, true);
    }
    delay = Math.min(delay * retry.factor, retry.capSeconds);
    await sleep(delay * 1000);
  }
}
