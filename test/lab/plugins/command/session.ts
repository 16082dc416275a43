import type { Client, ClientChannel } from "ssh2";

/** One command on an open connection, as `golang.org/x/crypto/ssh` runs it: variables are asked for one by one and each answer is known. */
export class Session {
  private constructor(private readonly channel: OpenChannel) {}

  static open(client: Client): Promise<Session> {
    const internals = client as unknown as ClientInternals;
    return new Promise((resolve, reject) => {
      const opened = (error: Error | undefined, channel: OpenChannel): void => {
        if (error) reject(error);
        else resolve(new Session(channel));
      };
      opened.type = "session";
      const id = internals._chanMgr.add(opened);
      if (id === -1) reject(new Error("ssh: no free channel on this connection"));
      else internals._protocol.session(id, windowBytes, packetBytes);
    });
  }

  /** False if the server does not accept the variable. */
  setEnvironment(name: string, value: string): Promise<boolean> {
    return this.ask((protocol, id) => {
      protocol.env(id, name, value, true);
    });
  }

  /** Runs the command and hands on its output as it comes; the promise ends with it. */
  async run(command: string, stdin: string, output: (from: "stdout" | "stderr", chunk: Buffer) => void): Promise<Exit> {
    const { channel } = this;
    const ended = new Promise<Exit>((resolve) => {
      let exit: Exit = { kind: "lost" };
      channel.on("exit", (code: number | null, signal?: string, _core?: unknown, description?: string) => {
        exit =
          code === null
            ? { kind: "signal", signal: signal ?? "", description: description ?? "" }
            : { kind: "code", code };
      });
      channel.on("close", () => {
        resolve(exit);
      });
      channel.on("data", (chunk: Buffer) => {
        output("stdout", chunk);
      });
      channel.stderr.on("data", (chunk: Buffer) => {
        output("stderr", chunk);
      });
      // A command that ends without reading all of its input is no error.
      channel.on("error", () => undefined);
    });
    const accepted = await this.ask((protocol, id) => {
      protocol.exec(id, command, true);
    });
    if (!accepted) throw new Error("ssh: command " + command + " failed");
    channel.subtype = "exec";
    channel.end(stdin);
    return ended;
  }

  private ask(request: (protocol: Protocol, id: number) => void): Promise<boolean> {
    const { channel } = this;
    return new Promise((resolve) => {
      channel._callbacks.push((failed) => {
        resolve(!failed);
      });
      request(channel._client._protocol, channel.outgoing.id);
    });
  }
}

export type Exit =
  | { readonly kind: "code"; readonly code: number }
  | { readonly kind: "signal"; readonly signal: string; readonly description: string }
  | { readonly kind: "lost" };

const windowBytes = 2 * 1024 * 1024;
const packetBytes = 32 * 1024;

/* ssh2 can ask for a variable but hides the answer, so these three of its insides are used directly (1.17.0, pinned). */
interface Protocol {
  session(id: number, window: number, packet: number): void;
  env(id: number, name: string, value: string, wantReply: boolean): void;
  exec(id: number, command: string, wantReply: boolean): void;
}
interface ClientInternals {
  readonly _protocol: Protocol;
  readonly _chanMgr: { add(opened: (error: Error | undefined, channel: OpenChannel) => void): number };
}
type OpenChannel = ClientChannel & {
  subtype?: string;
  readonly _client: ClientInternals;
  readonly _callbacks: ((failed: unknown) => void)[];
  readonly outgoing: { readonly id: number };
};
