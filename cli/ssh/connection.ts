/** An ssh connection to a node, by the same values as the provider's steps take (components/sshConnection.ts). */
import { setTimeout as sleep } from "node:timers/promises";
import { Client, type ClientChannel, type ConnectConfig } from "ssh2";
import { Failure } from "../failure";
import type { Listener, Shell } from "../agent";
import { lastLine, type Finished } from "../run";
import { readableKey } from "./privateKey";

export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** As in known_hosts, without the name: "ssh-ed25519 AAAA...". None: any is taken. */
  readonly hostKey?: string;
  /** PEM. None: the agent at SSH_AUTH_SOCK is asked. */
  readonly privateKey?: string;
  readonly dialErrorLimit: number;
  /** Seconds. */
  readonly perDialTimeout: number;
}

export interface Connection extends Endpoint {
  readonly proxy?: Endpoint;
}

const PAUSE_MS = 500;
const KEEP_ALIVE_MS = 15_000;

const TYPES: Readonly<Record<string, readonly string[]>> = { "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"] };

/** A server shows the key of a type that is asked for. */
const pinned = (hostKey: string): ConnectConfig => {
  const [type = "", blob = ""] = hostKey.trim().split(/\s+/);
  const expected = Buffer.from(blob, "base64");
  return {
    hostVerifier: (offered: Buffer) => offered.equals(expected),
    algorithms: { serverHostKey: [...(TYPES[type] ?? [type])] as never },
  };
};

const credentials = ({ privateKey }: Endpoint): ConnectConfig => {
  const agent = process.env["SSH_AUTH_SOCK"];
  if (privateKey !== undefined) return { privateKey: readableKey(privateKey) };
  return agent === undefined || agent === "" ? {} : { agent };
};

const connected = (endpoint: Endpoint, sock?: ClientChannel): Promise<Client> =>
  new Promise((resolve, reject) => {
    const { host, port, user, hostKey, perDialTimeout } = endpoint;
    const client = new Client();
    // the first one counts: ssh2 tells of a handshake that has timed out, and then of the connection that it has ended
    client.on("error", reject);
    client.once("close", () => {
      reject(new Error("it closed the connection")); // without an error of its own
    });
    client.once("ready", () => {
      resolve(client); // a line that breaks later shows as a command without an exit code
    });
    client.connect({
      host,
      port,
      username: user,
      readyTimeout: perDialTimeout * 1000,
      keepaliveInterval: KEEP_ALIVE_MS,
      ...credentials(endpoint),
      ...(hostKey === undefined ? {} : pinned(hostKey)),
      ...(sock === undefined ? {} : { sock }),
    });
  });

/** What ssh2 says, for people. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [
    /verification failed|no matching host key/i,
    "its host key is not the one in the stack file: compare ssh.hostKey with the key on the host",
  ],
  [/authentication methods failed/i, "it refused the login: check ssh.user and ssh.privateKey or the agent"],
];

const dialled = async (endpoint: Endpoint, through?: Client): Promise<Client> => {
  const { host, port, dialErrorLimit } = endpoint;
  for (let tries = 1; ; tries++) {
    try {
      return await connected(endpoint, through === undefined ? undefined : await forwarded(through, endpoint));
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      const known = WORDS.find(([pattern]) => pattern.test(text))?.[1];
      // a refused login that is repeated locks people out
      if (known !== undefined || tries >= dialErrorLimit)
        throw new Failure(`ssh to ${host}:${String(port)}: ${known ?? text}`);
      await sleep(PAUSE_MS * tries);
    }
  }
};

const forwarded = (bastion: Client, { host, port }: Endpoint): Promise<ClientChannel> =>
  new Promise((resolve, reject) => {
    bastion.forwardOut("127.0.0.1", 0, host, port, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });

export class Ssh {
  private constructor(private readonly clients: readonly Client[]) {}

  /** @throws Failure naming where it failed */
  public static async open({ proxy, ...target }: Connection): Promise<Ssh> {
    if (proxy === undefined) return new Ssh([await dialled(target)]);
    const bastion = await dialled(proxy);
    try {
      return new Ssh([await dialled(target, bastion), bastion]);
    } catch (error) {
      bastion.end();
      throw error;
    }
  }

  /** Its code is null where the connection ended first, or a signal has ended the command. */
  public run(command: string, stdin: string): Promise<Finished> {
    return this.begin<Finished>(command, (channel, resolve) => {
      const [out, err]: [Buffer[], Buffer[]] = [[], []];
      let code: number | null = null;
      channel.on("data", (chunk: Buffer) => out.push(chunk));
      channel.stderr.on("data", (chunk: Buffer) => err.push(chunk));
      channel.on("error", () => undefined); // a command may end before it has read all
      channel.on("exit", (status: number | null) => (code = status));
      channel.on("close", () => {
        resolve({ code, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() });
      });
      channel.end(stdin);
    });
  }

  /** A command that is spoken with while it runs. @throws Error where it does not begin */
  public talk(command: string, { onText, onEnd }: Listener): Promise<Shell> {
    return this.begin<Shell>(command, (channel, resolve) => {
      let complaints = "";
      channel.setEncoding("utf8").on("data", onText);
      channel.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
      channel.on("error", () => undefined); // it has ended, which "close" tells
      channel.on("close", () => {
        onEnd(lastLine(complaints) || "the connection was lost");
      });
      resolve({ write: (text) => void channel.write(text), end: () => channel.end() });
    });
  }

  /** In the callback, so that what the command says at once is heard. */
  private begin<T>(command: string, listen: (channel: ClientChannel, resolve: (value: T) => void) => void): Promise<T> {
    const [client] = this.clients;
    return new Promise((resolve, reject) => {
      client?.exec(command, (error, channel) => {
        if (error === undefined) listen(channel, resolve);
        else reject(error);
      });
    });
  }

  public close(): void {
    for (const client of this.clients) client.end();
  }
}
