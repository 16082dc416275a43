/** A cluster of stubs that can be put back to how it was, nodes and stack, as often as a scenario needs it. */
import { sleep, waitFor } from "../../lab/process";
import { installStubs, STUB_RECORDS } from "../../lab/stubs";
import { configureFor } from "../labConfig";
import { ROLLOUT } from "../rotating";
import type { Run } from "../scenario";
import { readNode, type NodeState } from "./nodeFiles";
import { callsThatWork } from "./records";
import { restoreCluster, saveCluster } from "./snapshot";

const FORGET = `for file in ${STUB_RECORDS}/*.log; do : >"$file"; done`;

/** A call that works is noted within a second. */
const SETTLED_MS = 1500;

export class StubCluster {
  /** Who called whom when all was well: `w1 kubelet pod 10.77.0.11:6443`. */
  private calls: ReadonlySet<string> = new Set();

  private constructor(private readonly run: Run) {}

  /** Bare nodes, the PKI of generation 1 on them, the stubs started. */
  public static async begin(run: Run): Promise<StubCluster> {
    const { lab, stack } = run;
    await installStubs(lab, run.log);
    await configureFor(stack, lab, "bare");
    stack.configure({ rollout: ROLLOUT, inCluster: { enabled: false }, rotation: { generation: 1 } });
    await run.up("pulumi up: generation 1 on bare nodes");
    const cluster = new StubCluster(run);
    await cluster.save("first");
    await run.step("the stubs start", () => cluster.restore("first"));
    const began = Date.now();
    await sleep(3 * SETTLED_MS);
    cluster.calls = callsThatWork(
      (await cluster.read()).flatMap(({ records }) => records),
      began,
    );
    run.counts["calls that go on"] = cluster.calls.size;
    return cluster;
  }

  /** Keeps nodes and stack as they are now, under a name. */
  public save(name: string): Promise<void> {
    return saveCluster(this.run.lab, this.run.stack, name);
  }

  /** Nodes and stack as they were, the stubs running, their records empty. */
  public async restore(name: string): Promise<void> {
    const { lab, stack } = this.run;
    await restoreCluster(lab, stack, name);
    await waitFor("the stubs call each other again", 30_000, 0, async () => {
      const began = Date.now();
      await sleep(SETTLED_MS);
      return this.silent(await this.read(), began).length === 0 ? true : undefined;
    });
    // What did not answer while all were being started is nobody's failure.
    await Promise.all(lab.nodes.map((node) => lab.must(node.name, FORGET)));
  }

  /** Calls that used to go well and did not once since. */
  public silent(nodes: readonly NodeState[], since: number): string[] {
    const records = nodes.flatMap((node) => node.records);
    const working = callsThatWork(records, since);
    return [...this.calls].filter((each) => !working.has(each));
  }

  public read(): Promise<NodeState[]> {
    const { lab } = this.run;
    return Promise.all(lab.nodes.map(({ name }) => readNode(lab, name)));
  }
}
