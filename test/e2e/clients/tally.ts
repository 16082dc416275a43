/** What one client of the cluster saw during a run. */
export interface ClientResult {
  readonly name: string;
  readonly seconds: number;
  /** Whole seconds in which it wanted something and got nothing. */
  readonly secondsFailed: number;
  /** The longest time between two successes, in ms. */
  readonly longestGapMs: number;
  /** Counts of its own kind: what was written, cut, lost. */
  readonly facts: Readonly<Record<string, number>>;
  /** What the first failures said, for whoever has to find out why. */
  readonly failures: readonly string[];
}

const FAILURES_KEPT = 5;

/** Counts the successes of one client, which come every `intervalMs` as long as all is well. */
export class Tally {
  public readonly facts: Record<string, number> = {};
  private readonly failures: string[] = [];
  private failedMs = 0;
  private longest = 0;
  private last: number;

  /** From `since` on a success is expected. */
  public constructor(
    private readonly name: string,
    private readonly intervalMs: number,
    private readonly since: number,
  ) {
    this.last = since;
  }

  public count(fact: string, more = 1): void {
    this.facts[fact] = (this.facts[fact] ?? 0) + more;
  }

  public succeeded(at: number): void {
    this.close(at);
    this.last = Math.max(this.last, at);
  }

  public hasFailed(at: number, why: string): void {
    this.count("failures");
    if (this.failures.length < FAILURES_KEPT) this.failures.push(`${new Date(at).toISOString()} ${why}`);
  }

  public result(until: number): ClientResult {
    this.close(until);
    return {
      name: this.name,
      seconds: Math.round((until - this.since) / 1000),
      secondsFailed: this.failedMs / 1000,
      longestGapMs: this.longest,
      facts: this.facts,
      failures: this.failures,
    };
  }

  private close(at: number): void {
    const gap = at - this.last;
    this.longest = Math.max(this.longest, gap);
    this.failedMs += Math.max(0, Math.floor((gap - this.intervalMs) / 1000)) * 1000;
  }
}
