/** Two services of a node: "web" reads its certificate anew, "store" only at its start. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Send } from "./case";
import { isApply } from "./body";
import { CA, ETCD_CA, LEAFS } from "./layout";
import type { StormNode } from "./node";
import { fits } from "./pool";

const UNITS = {
  web: { mode: "hot", ...LEAFS.web, ca: CA },
  store: { mode: "cold", ...LEAFS.store, ca: ETCD_CA },
} as const;
type Unit = keyof typeof UNITS;
const NAMES = Object.keys(UNITS) as Unit[];

/** What runs on a node of the storm, and is to go on. */
export interface Consumers {
  /** Of the payload. */
  lines(send: Send): string;
  /** As a boot does: whatever can. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whoever ran before runs. */
  stillRun(succeeded: boolean, send: Send): Promise<void>;
  end(): Promise<void>;
}

export class Services implements Consumers {
  private readonly ports = new Map<Unit, number>();
  /** Those that have come up with what was laid. */
  private running: Unit[] = [];

  private constructor(private readonly node: StormNode) {}

  /** @param running - false: the payload names them, and they are not there */
  static async make(node: StormNode, running: boolean): Promise<Services> {
    const services = new Services(node);
    for (const name of NAMES)
      services.ports.set(name, running ? await node.unit(name, UNITS[name].mode, UNITS[name]) : 1);
    if (!running) return services;
    Object.assign(node.env, {
      KUBE_PKI_LIMIT: "20",
      KUBE_PKI_LIMITS: "BEFORE=3 RELOAD=4 BACK=6 HEALTH=6 STABLE=1 GONE=5 KILL=3",
    });
    await services.start();
    services.running = services.up();
    return services;
  }

  lines(send: Send): string {
    const at = (unit: Unit): string => `127.0.0.1:${String(this.ports.get(unit))}`;
    const files = (unit: Unit, act: string): string => {
      const { cert, key, ca } = UNITS[unit];
      return (isApply(send) ? [ca, cert, key] : [ca]).map((path) => `use ${unit} ${act} ${path}\n`).join("");
    };
    return [
      "consumer store systemd store\nconsumer web systemd web\n",
      files("store", "restart"),
      files("web", "reload"),
      `served store ${at("store")} store\nserved web ${at("web")} web\n`,
      `health store https ${at("store")} /readyz store\nhealth web https ${at("web")} /readyz -\n`,
    ].join("");
  }

  /** One that has ended may wait for long until somebody reaps it. */
  private up(): Unit[] {
    return NAMES.filter((name) => {
      try {
        return !/^State:\s+Z/m.test(readFileSync(`/proc/${String(this.node.pid(name))}/status`, "utf8"));
      } catch {
        return false;
      }
    });
  }

  async start(): Promise<void> {
    if (this.ports.get("web") === 1) return;
    await Promise.allSettled(NAMES.map((name) => this.node.start(name)));
    this.mustRun("after the boot");
  }

  async stop(): Promise<void> {
    if (this.ports.get("web") === 1) return;
    for (const name of NAMES) await this.node.spawn(join(this.node.tools, "systemctl"), ["stop", name], "");
    const end = Date.now() + 3000;
    while (this.up().length > 0 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  stillRun(): Promise<void> {
    this.mustRun("after the run");
    this.running = this.ports.get("web") === 1 ? [] : this.up();
    return Promise.resolve();
  }

  end(): Promise<void> {
    return Promise.resolve(); // the node's `remove` ends them
  }

  /** People may have put another certificate beside its key: with that it cannot start, and is put back to it. */
  private canStart(name: Unit): boolean {
    const text = (path: string): string => (this.node.has(path) ? this.node.read(path) : "");
    return fits(text(UNITS[name].cert), text(UNITS[name].key));
  }

  private mustRun(when: string): void {
    const up = this.up();
    const down = this.running.filter((name) => !up.includes(name) && this.canStart(name));
    if (down.length > 0) throw new Error(`a booted node always starts: ${down.join()} does not run ${when}`);
  }
}
