/** What all tasks in the cluster share: what was found, what is told, and waiting. */
import { blocksOf } from "../format/pemBlocks";
import type { Gate } from "../protocol/lines";
import type { Job } from "./job";
import type { Kube } from "./kube";

export interface Clock {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

/** What a job works with. */
export interface Surroundings {
  readonly kube: Kube;
  readonly clock: Clock;
  /** For nodes without ssh: node.sh, gzip in base64. */
  readonly nodeScript: string;
  /** A line that the program reads. */
  readonly report: (line: string) => void;
  /** Progress, for people. */
  readonly say: (text: string) => void;
}

/** Between two looks. */
export const POLL_MS = 2_000;
/** Between two words about what is waited for. */
const TELL_MS = 30_000;
/** Names that a refusal has for one reason; what is reported has them all. */
const NAMED = 10;

interface Finding {
  readonly gate: Gate;
  readonly what: string;
  readonly why: string;
}

/** What a tenant wrote may try to pass for a line of ours, or steer a terminal. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");

/** The sentence a person reads. */
export class Refusal extends Error {
  public constructor(sentence: string) {
    super(oneLine(sentence));
  }
}

export class Work {
  private readonly findings: Finding[] = [];

  public readonly kube: Kube;
  public readonly clock: Clock;
  public readonly nodeScript: string;
  public readonly say: (text: string) => void;
  public readonly report: (line: string) => void;

  public constructor(
    public readonly job: Job,
    { kube, clock, nodeScript, say, report }: Surroundings,
  ) {
    this.kube = kube;
    this.clock = clock;
    this.nodeScript = nodeScript;
    this.say = (text) => {
      say(oneLine(text));
    };
    this.report = (line) => {
      report(oneLine(line));
    };
  }

  public isForced(gate: Gate): boolean {
    return this.job.force.includes(gate);
  }

  /** The blocks of a fact that a task needs. */
  public blocks(fact: "ca" | "frontProxy", task: string): readonly string[] {
    return blocksOf(this.fact(fact, task));
  }

  public fact<K extends keyof Job>(name: K, task: string): NonNullable<Job[K]> {
    const value = this.job[name];
    if (value === undefined || value === "") throw new Error(`task ${task}: ${name} is not given`);
    return value;
  }

  /** One thing that stands in the way; where its gate is given up it is only told. */
  public found(gate: Gate, kind: string, name: string, why: string): void {
    const what = `${kind} ${name}`;
    this.report(`found ${what} ${why}`);
    if (this.isForced(gate)) this.say(`${what}: ${why}; allowed by 'force: [${gate}]'`);
    else this.findings.push({ gate, what, why });
  }

  /** One thing that whoever owns it ought to know, and that stops nothing: else its owner could stop the whole rotation. */
  public told(kind: string, name: string, why: string): void {
    this.report(`found ${kind} ${name} ${why}`);
    this.say(`${kind} ${name}: ${why}; this stops nothing`);
  }

  public get count(): number {
    return this.findings.length;
  }

  /** All that was found in one sentence, by what is to be done about it. */
  public refuse(): void {
    if (this.findings.length === 0) return;
    const reasons = [...new Set(this.findings.map(({ why }) => why))].map((why) => {
      const names = this.findings.filter((each) => each.why === why).map(({ what }) => what);
      const more = names.length > NAMED ? ` and ${String(names.length - NAMED)} more` : "";
      return `${names.slice(0, NAMED).join(", ")}${more}: ${why}`;
    });
    const gates = [...new Set(this.findings.map(({ gate }) => gate))].sort();
    throw new Refusal(
      `${reasons.join("; ")}; then run again, or override it with 'force: [${gates.join(", ")}]' under 'rotation'`,
    );
  }

  /** How long to wait for what a gate looks for: not at all where it lets everything through. */
  public patience(gate: Gate, seconds: number): number {
    return this.isForced(gate) ? 0 : seconds;
  }

  /** True once the test is; false when the time is up. Without seconds it is asked once. */
  public async waitFor(seconds: number, what: string, test: () => Promise<boolean>): Promise<boolean> {
    if (await test()) return true;
    if (seconds <= 0) return false;
    this.say(`waiting for ${what} (up to ${String(seconds)} s)`);
    const began = this.clock.now();
    for (let told = began; ;) {
      await this.clock.sleep(POLL_MS);
      if (await test()) return true;
      const now = this.clock.now();
      if (now - began >= seconds * 1000) return false;
      if (now - told >= TELL_MS) {
        this.say(`still waiting for ${what} (${String(Math.round((now - began) / 1000))} s)`);
        told = now;
      }
    }
  }
}
