/** A cluster of stubs that can be put back to how it was, nodes and stack, as often as a scenario needs it. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startServices } from "../../lab/hardway";
import { unitsOn } from "../../lab/hardwayUnits";
import { sleep, waitFor } from "../../lab/process";
import { installStubs, STUB_RECORDS } from "../../lab/stubs";
import type { NodeSpec } from "../../lab/topology";
import { configureFor } from "../labConfig";
import { ROLLOUT } from "../rotating";
import type { Run } from "../scenario";
import { readNode, type NodeState } from "./nodeFiles";
import { callsThatWork } from "./records";

const KEPT = [
  "/etc/etcd",
  "/etc/systemd/system",
  "/var/lib/kubernetes",
  "/var/lib/kubelet",
  "/var/lib/kube-proxy",
  "/var/lib/kube-pki",
];

/** What is bound into a node is emptied, not removed. */
const SAVE = `tar -C / -cpf /root/saved.tar $(for folder in ${KEPT.join(" ")}; do [ ! -d $folder ] || echo ".$folder"; done)`;

/** Files first, then a new second, then the processes: whoever compares their times sees processes that are newer. */
const restoreScript = (units: string): string => `
exec 9>/var/lib/kube-pki/lock
flock -w 300 9
systemctl stop ${units}
for folder in ${KEPT.join(" ")}; do [ ! -d $folder ] || find $folder -mindepth 1 -delete; done
tar -C / -xpf /root/saved.tar
systemctl daemon-reload
sleep 1.1
systemctl start ${units}
for file in ${STUB_RECORDS}/*.log; do : >"$file"; done`;

export class StubCluster {
  /** Who called whom when all was well. */
  private calls: ReadonlySet<string> = new Set();

  private constructor(private readonly run: Run) {}

  /** Bare nodes, the PKI of generation 1 on them, the stubs started. */
  public static async begin(run: Run): Promise<StubCluster> {
    const { lab, stack } = run;
    await installStubs(lab, run.log);
    await configureFor(stack, lab, "bare");
    stack.configure({ rollout: ROLLOUT, inCluster: { enabled: false }, rotation: { generation: 1 } });
    await run.up("pulumi up: generation 1 on bare nodes");
    await startServices(lab, lab.nodes, run.log);
    const cluster = new StubCluster(run);
    await cluster.save();
    return cluster;
  }

  private async save(): Promise<void> {
    const { lab, stack } = this.run;
    await Promise.all(lab.nodes.map(({ name }) => lab.must(name, SAVE)));
    cpSync(join(stack.folder, "state"), join(stack.folder, "saved"), { recursive: true, preserveTimestamps: true });
    await this.restore();
    const began = Date.now();
    await sleep(3000);
    const records = (await this.read()).flatMap((node) => node.records);
    this.calls = callsThatWork(records, began);
    this.run.log(`${String(this.calls.size)} calls go on: ${[...this.calls].sort().join("; ")}`);
  }

  /** Nodes and stack as they were when all was saved, the stubs running, their records empty. */
  public async restore(): Promise<void> {
    const { lab, stack } = this.run;
    const state = join(stack.folder, "state");
    rmSync(state, { recursive: true });
    cpSync(join(stack.folder, "saved"), state, { recursive: true, preserveTimestamps: true });
    const unitsOf = (node: NodeSpec): string => unitsOn(node).join(" ");
    await Promise.all(
      lab.nodes.map((node) => lab.must(node.name, restoreScript(unitsOf(node)), { timeoutMs: 400_000 })),
    );
    await waitFor("the stubs work again", 30_000, 300, async () => {
      const began = Date.now();
      await sleep(1300);
      return (await this.silent(began)).length === 0 ? true : undefined;
    });
    // What did not answer while all were being started is nobody's failure.
    await Promise.all(
      lab.nodes.map(({ name }) => lab.must(name, `for file in ${STUB_RECORDS}/*.log; do : >"$file"; done`)),
    );
  }

  /** Calls that used to go well and did not once since. */
  public async silent(since: number): Promise<string[]> {
    const working = callsThatWork(
      (await this.read()).flatMap(({ records }) => records),
      since,
    );
    return [...this.calls].filter((each) => !working.has(each));
  }

  public read(): Promise<NodeState[]> {
    const { lab } = this.run;
    return Promise.all(lab.nodes.map(({ name }) => readNode(lab, name)));
  }
}
