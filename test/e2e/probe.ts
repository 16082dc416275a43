/**
 * Probes endpoints once a second, on new and on kept connections, until it is told to stop, then prints what it saw.
 * Runs as a process of its own inside the lab's network: `probe.ts <json of targets>`.
 */
import { Agent, get } from "node:https";

export interface Target {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly connection: "new" | "kept";
}

export interface ProbeResult {
  readonly name: string;
  readonly connection: "new" | "kept";
  readonly secondsProbed: number;
  readonly secondsFailed: number;
  /** From the last success before a failure to the next one, in ms; 0 without a failure. */
  readonly longestGapMs: number;
  /** What the first failures said, for whoever has to find out why. */
  readonly failures: readonly string[];
}

const INTERVAL_MS = 1000;
/** A user would call a longer answer a failure. */
const TIMEOUT_MS = 3000;

class Probe {
  private probed = 0;
  private failed = 0;
  private longest = 0;
  private lastSuccess = Date.now();
  private failing = false;
  private readonly failures: string[] = [];
  private readonly agent: Agent;

  public constructor(private readonly target: Target) {
    this.agent = new Agent({ keepAlive: target.connection === "kept", maxSockets: 1 });
  }

  public once(): void {
    this.probed += 1;
    this.ask(Date.now());
  }

  private ask(started: number): void {
    const { host, port } = this.target;
    const request = get(
      // Whether it answers is asked here; who answers is proven elsewhere. Anybody may ask for the version; /readyz says no
      // by intent as soon as a server begins to go, on purpose long before it stops to answer.
      { host, port, path: "/version", agent: this.agent, rejectUnauthorized: false, timeout: TIMEOUT_MS },
      (response) => {
        response.resume();
        if (response.statusCode === 200) this.succeeded();
        else this.hasFailed(started, `status ${String(response.statusCode)}`);
      },
    );
    request.on("timeout", () => request.destroy(new Error(`no answer within ${String(TIMEOUT_MS)} ms`)));
    request.on("error", (error: NodeJS.ErrnoException) => {
      // An idle connection that ends just when it is used again is no failure: the same request takes another one
      // (RFC 9112 section 9.3.1), as every client does.
      if (request.reusedSocket && error.code === "ECONNRESET") this.ask(started);
      else this.hasFailed(started, error.message);
    });
  }

  public result(): ProbeResult {
    const { name, connection } = this.target;
    return {
      name,
      connection,
      secondsProbed: this.probed,
      secondsFailed: this.failed,
      longestGapMs: this.failing ? Math.max(this.longest, Date.now() - this.lastSuccess) : this.longest,
      failures: this.failures,
    };
  }

  private succeeded(): void {
    if (this.failing) this.longest = Math.max(this.longest, Date.now() - this.lastSuccess);
    this.failing = false;
    this.lastSuccess = Date.now();
  }

  private hasFailed(started: number, why: string): void {
    this.failed += 1;
    this.failing = true;
    if (this.failures.length < 5) this.failures.push(`${new Date(started).toISOString()} ${why}`);
  }
}

const main = (argument: string): void => {
  const probes = (JSON.parse(argument) as Target[]).map((target) => new Probe(target));
  const timer = setInterval(() => {
    for (const probe of probes) probe.once();
  }, INTERVAL_MS);
  process.once("SIGTERM", () => {
    clearInterval(timer);
    // what is still on its way gets its time
    setTimeout(() => {
      console.log(JSON.stringify(probes.map((probe) => probe.result())));
      process.exit(0);
    }, TIMEOUT_MS);
  });
};

if (require.main === module) main(process.argv[2] ?? "[]");
