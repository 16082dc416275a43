/** A bucket with the API of S3, on loopback: gofakes3, which keeps it in memory. */
import { spawn, type ChildProcess } from "node:child_process";
import { ensure } from "../../../tools/toolchain";
import { freePort } from "../../freePort";
import { waitFor } from "../../lab/process";

export class Bucket {
  private constructor(
    private readonly child: ChildProcess,
    private readonly address: string,
  ) {}

  static async start(): Promise<Bucket> {
    const { gofakes3 } = await ensure(["gofakes3"], () => undefined);
    const host = `127.0.0.1:${String(await freePort())}`;
    const child = spawn(gofakes3, ["-backend", "memory", "-host", host], { stdio: "ignore" });
    const bucket = new Bucket(child, `http://${host}`);
    await waitFor("a bucket for the state", 30_000, 100, () =>
      fetch(`${bucket.address}/state`, { method: "PUT" }).then(
        ({ ok }) => (ok ? true : undefined),
        () => undefined,
      ),
    );
    return bucket;
  }

  /** As PULUMI_BACKEND_URL. */
  get url(): string {
    return `s3://state?endpoint=${this.address}&use_path_style=true&region=us-east-1`;
  }

  /** Names of all objects in it. */
  async objects(): Promise<readonly string[]> {
    const listing = await (await fetch(`${this.address}/state`)).text();
    return [...listing.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, name = ""]) => name);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    if (this.child.exitCode === null && this.child.kill()) await ended;
  }
}
