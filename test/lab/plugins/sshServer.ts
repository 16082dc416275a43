import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { Server, utils, type Connection, type ServerChannel, type Session } from "ssh2";
import { END_OF_ANSWER, GREETING, linesAfter, QUESTION } from "../../../core/survey/questions";
import { opensshPrivateKey } from "./tls/openssh";

export interface Executed {
  readonly command: string;
  readonly stdin: string;
  readonly environment: Readonly<Record<string, string>>;
}
export interface Reply {
  readonly stdout?: string;
  readonly stderr?: string;
  readonly code?: number;
  readonly signal?: string;
  readonly afterMs?: number;
}

/** An SSH server in this process: it runs nothing, notes what it was asked and answers what the test wants. */
export class SshServer {
  readonly executed: Executed[] = [];
  connections = 0;
  /** How many commands ran at one time, at most. */
  widest = 0;
  acceptsEnvironment = true;
  /** Connections to hang up on before they say anything. */
  refuse = 0;
  /** How often it was surveyed: it tells of a machine where nothing is there yet. */
  surveys = 0;
  /** Really runs what it is asked to; undefined: it runs nothing. */
  runs: ((command: string) => ChildProcessWithoutNullStreams) | undefined;
  answer: (executed: Executed) => Reply | Promise<Reply> = () => ({});
  readonly password = "correct horse";
  readonly hostKey: string;
  private running = 0;
  private readonly server: Server;
  private readonly open = new Set<Connection>();

  private constructor(readonly clientKey: string) {
    const key = opensshKey();
    this.hostKey = publicLine(key);
    this.server = new Server({ hostKeys: [key] }, (client) => {
      this.welcome(client);
    });
  }

  /**
   * @param clientKey the private key that opens it, OpenSSH's format
   * @param port 0: any that is free
   */
  static async start(clientKey = opensshKey(), host = "127.0.0.1", port = 0): Promise<SshServer> {
    const made = new SshServer(clientKey);
    await new Promise<void>((resolve) => made.server.listen(port, host, resolve));
    return made;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get commands(): string[] {
    return this.executed.map(({ command }) => command);
  }

  get connection() {
    return { host: "127.0.0.1", port: this.port, user: "tester", privateKey: this.clientKey, hostKey: this.hostKey };
  }

  stop(): Promise<void> {
    for (const client of this.open) client.end();
    return new Promise((resolve) =>
      this.server.close(() => {
        resolve();
      }),
    );
  }

  private welcome(client: Connection): void {
    this.connections += 1;
    client.on("error", () => undefined);
    if (this.refuse > 0) {
      this.refuse -= 1;
      client.end();
      return;
    }
    this.open.add(client);
    client.on("close", () => this.open.delete(client));
    const wanted = publicLine(this.clientKey).split(" ")[1];
    client.on("authentication", (login) => {
      const byKey = login.method === "publickey" && login.key.data.toString("base64") === wanted;
      const byPassword = login.method === "password" && login.password === this.password;
      if (byKey || byPassword) login.accept();
      else login.reject(["publickey", "password"]);
    });
    client.on("session", (accept) => {
      this.serve(accept());
    });
  }

  private serve(session: Session): void {
    const environment: Record<string, string> = {};
    session.on("env", (accept, reject, { key, val }) => {
      if (this.acceptsEnvironment) environment[key] = val;
      // ssh2 gives no function when no reply is wanted.
      const reply = (this.acceptsEnvironment ? accept : reject) as (() => void) | undefined;
      reply?.();
    });
    session.on("exec", (accept, _reject, { command }) => {
      const channel = accept();
      if (command.includes(GREETING)) {
        this.surveys += 1;
        if (this.runs === undefined) tellOfBareMachine(channel);
        else relay(this.runs(command), channel);
        return;
      }
      if (this.runs !== undefined) {
        this.executed.push({ command, environment, stdin: "" });
        relay(this.runs(command), channel);
        return;
      }
      const chunks: Buffer[] = [];
      channel.on("data", (chunk: Buffer) => chunks.push(chunk));
      channel.on("end", () => {
        const executed = { command, environment, stdin: Buffer.concat(chunks).toString() };
        this.executed.push(executed);
        this.running += 1;
        this.widest = Math.max(this.widest, this.running);
        void Promise.resolve(this.answer(executed)).then((reply) =>
          setTimeout(() => {
            this.running -= 1;
            send(channel, reply);
          }, reply.afterMs ?? 0),
        );
      });
    });
  }
}

/** As node/survey/agent.sh answers. */
function tellOfBareMachine(channel: ServerChannel): void {
  const host = () => [`time ${String(Math.floor(Date.now() / 1000))}`, "user 0", "openssl OpenSSL 3.0.17"];
  channel.write(`${GREETING}\n`);
  let awaited = 0;
  createInterface(channel)
    .on("line", (question) => {
      awaited = awaited > 0 ? awaited - 1 : linesAfter(question);
      if (awaited > 0) return;
      channel.write([...(question === QUESTION.host() ? host() : []), END_OF_ANSWER, ""].join("\n"));
    })
    .on("close", () => {
      channel.exit(0);
      channel.end();
    });
}

function relay(child: ChildProcessWithoutNullStreams, channel: ServerChannel): void {
  channel.pipe(child.stdin);
  // as sshd does where the other side is gone: the program goes on, and reads no more
  channel.on("close", () => child.stdin.end());
  child.stdin.on("error", () => undefined); // it may end before it has read all
  child.stdout.on("data", (data: Buffer) => channel.write(data));
  child.stderr.on("data", (data: Buffer) => channel.stderr.write(data));
  child.on("close", (code) => {
    if (channel.destroyed) return;
    channel.exit(code ?? 1);
    channel.end();
  });
}

function send(channel: ServerChannel, { stdout = "", stderr = "", code = 0, signal }: Reply): void {
  channel.stderr.write(stderr);
  channel.write(stdout);
  if (signal === undefined) channel.exit(code);
  else channel.exit(signal, false, "");
  channel.end();
}

/** Not `utils.generateKeyPairSync` of ssh2: of its Ed25519 keys one in some hundreds is malformed. */
export function opensshKey(): string {
  return opensshPrivateKey(generateKeyPairSync("ed25519").privateKey);
}

/** The public key of a private one, as a host key stands in a stack file. */
export function publicLine(key: string): string {
  const parsed = utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
}
