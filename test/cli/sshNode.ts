/** A node of a stack behind a real ssh server: what it is asked for its node script answers. */
import { writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { Server } from "ssh2";
import { opensshKey, publicLine } from "../lab/plugins/sshServer";

interface Answer {
  readonly code: number | null;
  readonly stdout: string | Buffer;
  readonly stderr: string | Buffer;
}

/** @param words - what stands behind node.sh on the command line */
export type Answers = (words: readonly string[], stdin: string) => Answer | Promise<Answer>;

export class SshNode {
  public readonly commands: string[] = [];
  private readonly hostKey = opensshKey();
  private readonly server: Server;

  private constructor(answers: Answers) {
    this.server = new Server({ hostKeys: [this.hostKey] }, (client) => {
      client.on("authentication", (context) => {
        context.accept();
      });
      client.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          this.commands.push(command);
          const stream = acceptExec();
          let stdin = "";
          stream.on("data", (chunk: Buffer) => (stdin += chunk.toString()));
          stream.on("end", () => {
            void Promise.resolve(answers(command.replace(/^.*node\.sh /, "").split(" "), stdin)).then(
              ({ code, stdout, stderr }) => {
                stream.stderr.write(stderr);
                stream.write(stdout);
                stream.exit(code ?? 255);
                stream.end();
              },
            );
          });
        });
      });
      client.on("error", () => undefined); // ssh hangs up without ceremony
    });
  }

  public static async start(answers: Answers): Promise<SshNode> {
    const node = new SshNode(answers);
    await new Promise<void>((resolve) => {
      node.server.listen(0, "127.0.0.1", resolve);
    });
    return node;
  }

  public get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** As known_hosts has it, without the name. */
  public get publicKey(): string {
    return publicLine(this.hostKey);
  }

  /** The stack's outputs with this node, n1, as its only one. */
  public outputs(): string {
    const node = { name: "n1", host: "127.0.0.1", port: this.port, user: "root", hostKey: this.publicKey, sudo: false };
    return JSON.stringify({ certificates: [], nodes: [node] });
  }

  public stop(): void {
    this.server.close();
  }
}

/** A key to log in with; anyone's is taken. */
export const identityIn = (folder: string): string => {
  const file = join(folder, "key");
  writeFileSync(file, opensshKey(), { mode: 0o600 });
  return file;
};
