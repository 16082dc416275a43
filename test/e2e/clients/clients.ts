/** Everything that uses the cluster while a scenario changes it. */
import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { withRole } from "../../lab/topology";
import type { Lab } from "../../lab/lab";
import { CredentialFeed } from "./credentials";
import { PodClients } from "./podClients";
import type { Settings } from "./process";
import type { ClientResult } from "./tally";

export class Clients {
  private readonly out: string[] = [];

  private constructor(
    private readonly feed: CredentialFeed,
    private readonly pods: PodClients,
    private readonly child: ChildProcess,
    private readonly file: string,
  ) {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => this.out.push(text));
  }

  /** Comes back when all of them have begun; `neighbours` are asked as well where there are any. */
  public static async start(lab: Lab, { neighbours = false } = {}): Promise<Clients> {
    const file = join(lab.folder, "clients.json");
    const pods = await PodClients.start(lab);
    const feed = await CredentialFeed.start(lab, file);
    const settings: Settings = {
      credentials: file,
      endpoint: lab.api,
      members: withRole(lab.nodes, "etcd").map(({ address }) => ({ host: address, port: 2379 })),
      neighbours,
    };
    const argv = [process.execPath, "--import", "tsx", join(__dirname, "process.ts"), JSON.stringify(settings)];
    const [command = "", ...args] = lab.driver(argv);
    const clients = new Clients(feed, pods, spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] }), file);
    try {
      await clients.started();
    } catch (error) {
      await feed.stop();
      throw error;
    }
    return clients;
  }

  public async stop(): Promise<ClientResult[]> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGTERM");
    await ended;
    await this.feed.stop();
    rmSync(this.file, { force: true });
    const [, last = ""] = this.out.join("").trim().split("\n");
    if (last === "") throw new Error("the clients ended without a result");
    return [...(JSON.parse(last) as ClientResult[]), ...(await this.pods.results())];
  }

  private started(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.child.stdout?.once("data", () => {
        resolve();
      });
      this.child.once("close", () => {
        reject(new Error("the clients did not start"));
      });
    });
  }
}
