/** The policy pack of examples/, in a project. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import type { Result } from "../lab/process";
import type { StandInCluster } from "./standInCluster";

const EXAMPLE = join(__dirname, "..", "..", "examples", "policy");
const STARTER = join(__dirname, "..", "lab", "plugins", "bin", "policy");

/**
 * Runs pulumi with the pack. The language host that is built where Pulumi's site is not reached is older than packs that language hosts
 * start ("not supported"): there the engine is given a runtime that it has no language host for, and then looks, as it always did, for a
 * program `pulumi-analyzer-policy-<runtime>`, which starts the pack by the program of the SDK that a newer host would start.
 */
export class PolicyPack {
  private readonly folder: string;
  private more: NodeJS.ProcessEnv = {};

  private constructor(private readonly cluster: StandInCluster) {
    this.folder = join(cluster.folder, "policy");
  }

  static async in(cluster: StandInCluster): Promise<PolicyPack> {
    const pack = new PolicyPack(cluster);
    cpSync(EXAMPLE, pack.folder, { recursive: true });
    const { stdout, stderr } = await pack.pulumi("preview");
    if ((stdout + stderr).includes("not supported")) pack.startByProgram();
    return pack;
  }

  /** @param args of pulumi, the command first */
  pulumi(...args: readonly string[]): Promise<Result> {
    return this.run(["pulumi", ...args, "--policy-pack", "policy", "--non-interactive"]);
  }

  /** In an environment in which the pack can be started. */
  run(command: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Result> {
    return this.cluster.run(command, undefined, { ...this.more, ...more });
  }

  /** Writes what `--policy-pack-config policy/config.json` reads. */
  configure(config: unknown): void {
    writeFileSync(join(this.folder, "config.json"), JSON.stringify(config));
  }

  private startByProgram(): void {
    const project = join(this.folder, "PulumiPolicy.yaml");
    writeFileSync(project, readFileSync(project, "utf8").replace("runtime: nodejs", "runtime: npm"));
    this.more = { PATH: [STARTER, this.cluster.path].join(delimiter) };
  }
}
