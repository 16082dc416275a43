/** What is raced on: lab nodes with their own sshd, components that are stubs, a PKI made by openssl, and our stack of it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endLabOnInterrupt } from "../../test/e2e/interrupt";
import { labConfig } from "../../test/e2e/labConfig";
import { Stack } from "../../test/e2e/stack";
import { restoreCluster, saveCluster } from "../../test/e2e/stubs/snapshot";
import { installHardway } from "../../test/lab/hardway";
import { Lab } from "../../test/lab/lab";
import type { Log } from "../../test/lab/progress";
import { readState } from "../../test/lab/state";
import { installStubs } from "../../test/lab/stubs";
import { stubNodes } from "../../test/lab/topology";
import { inWaves } from "../../test/lab/waves";
import { certificatesIn, LIVE } from "./certificates";
import { Meter } from "./cost";

/** The lab's nodes call each other to be watched in a rotation; here that is only noise. */
const CALL_EVERY = "20s";
const IDLE_MS = 10_000;

export class RaceCluster {
  private constructor(
    public readonly lab: Lab,
    public readonly stack: Stack,
    public readonly meter: Meter,
    /** For what contestants keep on the controller; removed with the cluster. */
    public readonly folder: string,
    /** After so long what peers have restarted has to prove itself again, as with us. */
    public readonly settleSeconds: number,
  ) {}

  /** Gives the cluster to `use`, and ends all of it, however that ends. */
  public static async during(
    count: number,
    settleSeconds: number,
    log: Log,
    use: (cluster: RaceCluster) => Promise<void>,
  ): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-race-"));
    const clean = (): void => {
      rmSync(folder, { recursive: true, force: true });
    };
    process.once("exit", clean); // of an interrupted process nothing else is run
    try {
      const lab = await Lab.start("stubs", { bare: true, nodes: stubNodes(count), log });
      const forget = endLabOnInterrupt(lab, log);
      try {
        await use(await RaceCluster.furnish(lab, folder, settleSeconds, log));
      } finally {
        await lab.stop();
        forget();
      }
    } finally {
      process.off("exit", clean);
      clean();
    }
  }

  private static async furnish(lab: Lab, folder: string, settleSeconds: number, log: Log): Promise<RaceCluster> {
    await installStubs(lab, log, CALL_EVERY);
    await installHardway(lab, log);
    const stack = await Stack.create(lab, join(folder, "stack"));
    await stack.configureSecret("ssh", { privateKey: readFileSync(lab.sshKeyFile, "utf8") });
    await stack.configureSecret("authority", authorities(join(lab.folder, "pki")));
    // rollout as it is by default: control planes one by one, a canary, a quarter of the workers at once
    stack.configure({ ...labConfig(lab), users: undefined, rollout: undefined });
    log("the stack takes the cluster over ...");
    const { code, stdout, stderr } = await stack.up();
    if (code !== 0) throw new Error(`pulumi up failed:\n${stdout}${stderr}`);
    await saveCluster(lab, stack, "first");
    const meter = await Meter.start(lab, readState(lab.name)?.rootfs ?? "");
    await meter.lookAtIdleNodes(IDLE_MS);
    return new RaceCluster(lab, stack, meter, folder, settleSeconds);
  }

  /** Nodes, stack and CAs as they were before the first run. */
  public async restore(): Promise<void> {
    await restoreCluster(this.lab, this.stack, "first");
    await inWaves(this.lab.nodes, ({ name }) => this.lab.must(name, "rm -rf /var/lib/race"));
  }

  /** Folder of the cluster's CAs, certificates and keys. */
  public get pki(): string {
    return join(this.lab.folder, "pki");
  }

  /** The certificates that every node holds and serves now: what and where, by fingerprint. */
  public async certificates(): Promise<ReadonlyMap<string, string>> {
    const texts = await inWaves(this.lab.nodes, async ({ name, address }) => ({
      name,
      text: await this.lab.must(name, LIVE, { stdin: address }),
    }));
    return certificatesIn(texts);
  }
}

const authorities = (pki: string): Record<string, unknown> => {
  const read = (name: string): string => readFileSync(join(pki, name), "utf8");
  const ca = (name: string) => ({ certificate: read(`${name}.crt`), key: read(`${name}.key`) });
  return {
    kubernetes: ca("kubernetes"),
    etcd: ca("etcd"),
    frontProxy: ca("frontProxy"),
    serviceAccount: { key: read("service-accounts.key") },
  };
};
