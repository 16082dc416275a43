import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Lab } from "../lab/lab";
import { OpenBao } from "../lab/openbao";
import type { KubernetesVersion } from "../../tools/kubernetesRelease";
import type { TopologyName } from "../lab/topology";
import type { AccessRow } from "./access/matrix";
import { Availability } from "./availability";
import { Clients } from "./clients/clients";
import type { ClientResult } from "./clients/tally";
import { endLabOnInterrupt } from "./interrupt";
import type { ProbeResult } from "./probe";
import { ProcessStarts } from "./processStarts";
import { restartsIn, unasked, type Restart } from "./restarts";
import { SAVES_ONCE, Stack, type Program } from "./stack";

/** Who signs in a scenario. */
export const AUTHORITY_KINDS = ["embedded", "vault"] as const;
export type AuthorityKind = (typeof AUTHORITY_KINDS)[number];

export interface Scenario {
  readonly name: string;
  /** What it proves, in a line. */
  readonly proves: string;
  /** The first one is taken unless another is asked for. */
  readonly topologies: readonly TopologyName[];
  /** The release that the cluster begins with. @default the one that everything runs with */
  readonly kubernetes?: KubernetesVersion;
  /** Nodes without a cluster. @default false */
  readonly bare?: boolean;
  readonly play: (run: Run) => Promise<void>;
}

interface Step {
  readonly title: string;
  readonly seconds: number;
  /** Of an `up`: the resources that took longest, with their seconds. */
  readonly slowest?: Readonly<Record<string, number>>;
}

const SLOWEST = 8;

/** Pulumi says after a resource how long it took, such as `prod-cp1-apply updated (23s)`. */
export const slowestIn = (stdout: string): Record<string, number> =>
  Object.fromEntries(
    [...stdout.matchAll(/:\S+ +(\S+) +(?:created|updated|replaced)\b[a-z ]*\(([\d.]+)s\)/g)]
      .map(([, name = "", seconds]) => [name, Number(seconds)] as const)
      .sort(([, one], [, other]) => other - one)
      .slice(0, SLOWEST),
  );

/** What a run leaves in reports/ for people and for comparison. */
export interface Report {
  readonly scenario: string;
  readonly topology: string;
  readonly authority: AuthorityKind;
  readonly kubernetes: string;
  /** When it ended, ISO 8601. */
  readonly at: string;
  /** Of this repository, as `git describe --always --dirty` says it; empty without git. */
  readonly commit: string;
  readonly passed: boolean;
  readonly seconds: number;
  readonly steps: readonly Step[];
  readonly probes: readonly ProbeResult[];
  readonly clients: readonly ClientResult[];
  /** Who was let in when; empty where nobody asked. */
  readonly access: readonly AccessRow[];
  readonly restarts: readonly Restart[];
  /** By node and program, while the clients ran: starts of a process that no step told of. */
  readonly unaskedRestarts: Readonly<Record<string, number>>;
  readonly counts: Readonly<Record<string, number>>;
  readonly error: string | undefined;
}

export interface RunOptions {
  readonly topology: TopologyName;
  readonly authority: AuthorityKind;
  readonly keep: boolean;
  /** After so many minutes a scenario that plays the same many times begins no further one. @default none */
  readonly minutes?: number | undefined;
  readonly log: (line: string) => void;
}

/** One scenario under way: its lab, its stack, its clock. */
export class Run {
  public readonly counts: Record<string, number> = {};
  /** What every `up` restarted, where and in which step. */
  public readonly restarts: Restart[] = [];
  public readonly access: AccessRow[] = [];
  private readonly steps: Step[] = [];
  private availability: Availability | undefined;
  private probes: readonly ProbeResult[] = [];
  private using: Clients | undefined;
  private clients: readonly ClientResult[] = [];
  private starts: ProcessStarts | undefined;
  /** How many restarts were told of before the clients began. */
  private toldBefore = 0;
  private unaskedRestarts: Readonly<Record<string, number>> = {};

  private constructor(
    public readonly lab: Lab,
    public readonly stack: Stack,
    /** The server that signs, where one does. */
    public readonly vault: OpenBao | undefined,
    public readonly log: (line: string) => void,
    private readonly end: number,
  ) {}

  /** Plays a scenario from an empty machine to an empty machine; the report says how it went. */
  public static async play(scenario: Scenario, options: RunOptions): Promise<Report> {
    const started = Date.now();
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-e2e-"));
    let run: Run | undefined;
    let forget = (): void => undefined;
    let error: unknown;
    try {
      const bare = scenario.bare ?? false;
      const { kubernetes } = scenario;
      const lab = await Lab.start(options.topology, { bare, kubernetes, keep: options.keep, log: options.log });
      if (!options.keep) forget = endLabOnInterrupt(lab, options.log);
      const vault = options.authority === "vault" ? await OpenBao.inLab(lab) : undefined;
      const end = started + (options.minutes ?? Infinity) * 60_000;
      run = new Run(lab, await Stack.create(lab, folder, vault?.env()), vault, options.log, end);
      await scenario.play(run);
    } catch (caught) {
      error = caught;
    }
    if (run !== undefined) error = await run.stopWatching(error);
    if (run !== undefined && !options.keep) await run.lab.stop();
    forget();
    if (options.keep) options.log(`the lab is left running: npm run lab -- status; the stack is in ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
    return {
      scenario: scenario.name,
      topology: options.topology,
      authority: options.authority,
      kubernetes: run?.lab.kubernetesVersion.replace(/^v/, "") ?? "",
      at: new Date().toISOString(),
      commit: COMMIT,
      passed: error === undefined,
      seconds: secondsSince(started),
      steps: run?.steps ?? [],
      probes: run?.probes ?? [],
      clients: run?.clients ?? [],
      access: run?.access ?? [],
      restarts: run?.restarts ?? [],
      unaskedRestarts: run?.unaskedRestarts ?? {},
      counts: run?.counts ?? {},
      error: error === undefined ? undefined : textOf(error),
    };
  }

  /** A named part of the scenario; its duration goes into the report. */
  public async step<T>(title: string, action: () => Promise<T>, more?: (value: T) => Partial<Step>): Promise<T> {
    const started = Date.now();
    this.log(`${title} ...`);
    const value = await action();
    this.steps.push({ title, seconds: secondsSince(started), ...more?.(value) });
    this.log(`${title}: ${String(secondsSince(started))} s`);
    return value;
  }

  public isTimeUp(): boolean {
    return Date.now() > this.end;
  }

  /** From here on every API server and the endpoint are asked once a second. */
  public startProbing(): void {
    this.availability = Availability.watch(this.lab);
  }

  public async stopProbing(): Promise<readonly ProbeResult[]> {
    this.probes = (await this.availability?.stop()) ?? [];
    this.availability = undefined;
    return this.probes;
  }

  /** From here on etcd, the API, a watch and pods are in use, with the identities that the nodes have at the time. */
  public async startClients(which: { readonly neighbours?: boolean } = {}): Promise<void> {
    this.using = await Clients.start(this.lab, which);
    this.starts = ProcessStarts.watch(this.lab);
    this.toldBefore = this.restarts.length;
  }

  public async stopClients(): Promise<readonly ClientResult[]> {
    const { using } = this;
    if (using === undefined) return this.clients;
    this.using = undefined;
    this.unaskedRestarts = unasked(this.starts?.stop() ?? {}, this.restarts.slice(this.toldBefore));
    this.clients = await using.stop();
    return this.clients;
  }

  /** What a failed scenario leaves running is asked as well: its report says what was seen. Gives the first error. */
  private async stopWatching(error: unknown): Promise<unknown> {
    if (this.availability !== undefined) await this.stopProbing();
    return this.stopClients().then(
      () => error,
      (another: unknown) => error ?? another,
    );
  }

  /** `pulumi up` that must succeed; counts what the nodes did. */
  public async up(title: string, by: Program = "pulumi"): Promise<string> {
    const up = async (): Promise<string> => {
      const started = Date.now();
      const { code, stdout, stderr } = await this.stack.up({ by });
      await this.countSince(started, title);
      if (code !== 0) throw new Error(`pulumi up failed:\n${complaint(stdout + stderr)}`);
      if (by === "kube-pki" && !SAVES_ONCE.test(stderr)) throw new Error("kube-pki up saved the state at each change");
      return stdout;
    };
    return this.step(title, up, (stdout) => ({ slowest: slowestIn(stdout) }));
  }

  /** Adds what an `up` did to the counts: each command that ran is one ssh connection and says what it restarted. */
  public async countSince(started: number, title: string): Promise<void> {
    const { commands, stateBytes } = await this.stack.commands();
    const ran = commands.filter(({ modified }) => Date.parse(modified ?? "") >= started);
    this.count("ssh connections", ran.length);
    const restarts = restartsIn(ran, title);
    for (const { consumer, how } of restarts) this.count(`${consumer} ${how}`, 1);
    this.restarts.push(...restarts);
    this.counts["state bytes"] = stateBytes;
  }

  private count(what: string, more: number): void {
    this.counts[what] = (this.counts[what] ?? 0) + more;
  }
}

/** Where the last report of a scenario is, from the folder of the project. */
export const reportFile = (scenario: string, topology: string, authority: string): string =>
  join("reports", `${scenario}-${topology}-${authority}.json`);

export const writeReport = (report: Report): string => {
  mkdirSync("reports", { recursive: true });
  const file = reportFile(report.scenario, report.topology, report.authority);
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  return file;
};

const textOf = (error: unknown): string =>
  error instanceof Error ? (error.stack ?? error.message) : JSON.stringify(error);

/** As this process began: a scenario runs the code of then. */
export const COMMIT = ((): string => {
  const { status, stdout } = spawnSync("git", ["describe", "--always", "--dirty"], {
    cwd: __dirname,
    encoding: "utf8",
  });
  return status === 0 ? stdout.trim() : "";
})();

const secondsSince = (started: number): number => Math.round((Date.now() - started) / 100) / 10;

/** What pulumi says went wrong; after it come outputs, which may be longer than all else. */
export const complaint = (text: string): string =>
  /^Diagnostics:\n[^]*?(?=^(?:Outputs|Resources):$)/m.exec(text)?.[0].trimEnd() ?? tail(text);

/** The end of a long output, where the errors stand. */
export const tail = (text: string): string => text.trimEnd().split("\n").slice(-40).join("\n");
