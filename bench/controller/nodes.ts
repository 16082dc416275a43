/** An ssh server in place of each node: it makes keys and requests and says that all went well. A stand-in: nothing is checked. */
import { answerRequest } from "../../test/components/mocks";
import { opensshKey, SshServer } from "../../test/lab/plugins/sshServer";

export class StandInNodes {
  private connectionsBefore = 0;

  private constructor(
    readonly servers: readonly SshServer[],
    readonly privateKey: string,
  ) {}

  static async start(count: number): Promise<StandInNodes> {
    const key = opensshKey();
    const servers = await Promise.all(Array.from({ length: count }, () => SshServer.start(key)));
    for (const server of servers)
      server.answer = async ({ command, stdin }) =>
        command.endsWith(" request") ? { stdout: await answerRequest(stdin) } : { stdout: "done 01234567 changed\n" };
    return new StandInNodes(servers, key);
  }

  /** Since it was asked last. */
  connections(): number {
    const now = this.servers.reduce((sum, { connections }) => sum + connections, 0);
    const since = now - this.connectionsBefore;
    this.connectionsBefore = now;
    return since;
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }
}
