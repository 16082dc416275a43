/** Networks, disks and the machine that runs pulumi, as they are on a bad night; the nodes' components are stubs (tools/stub). */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { diskFaults } from "../faults/disk";
import { engineFaults } from "../faults/engine";
import { secondsSince, type Fault, type Mend } from "../faults/fault";
import { networkFaults } from "../faults/network";
import { boundaryOf } from "../killing";
import { assertNothingToDo } from "../rotating";
import { complaint, tail, type Run, type Scenario } from "../scenario";
import { StubCluster } from "../stubs/cluster";
import { assertConverged, assertTrust, assertWhole } from "../stubs/converged";

const GENERATION = 1;

/** All that the nodes have of the PKI, to see whether anything of it changes. */
const filesOf = async (cluster: StubCluster): Promise<string> =>
  (await cluster.read()).flatMap(({ node, files }) => [...files].map((file) => [node, ...file].join(" "))).join("\n");

/** Happens once, at its moment, and is mended when its time is over or the run has ended. */
class Happening {
  public pid = 0;
  private began: Promise<Mend> | undefined;
  private mended: Promise<void> | undefined;

  public constructor(
    private readonly run: Run,
    private readonly fault: Fault,
  ) {}

  public readonly onLine = (line: string): void => {
    const boundary = boundaryOf(line);
    if (boundary !== undefined && this.fault.at?.test(boundary) === true) this.begin();
  };

  public begin(): void {
    if (this.began !== undefined) return;
    const { run, pid, fault } = this;
    this.began = Promise.resolve().then(() => fault.happen({ run, pid }));
    this.began.catch(() => undefined); // told by mend()
    if (fault.lasts !== undefined)
      void sleep(fault.lasts * 1000)
        .then(() => this.mend())
        .catch(() => undefined); // told by mend()
  }

  /** Once, whoever asks first. */
  public mend(): Promise<void> {
    this.mended ??= (async () => {
      assert.ok(this.began !== undefined, "it did not come to the moment");
      await (
        await this.began
      )();
    })();
    return this.mended;
  }
}

const playFault = async (run: Run, cluster: StubCluster, asOf: string, fault: Fault): Promise<void> => {
  const { outcome, allowed = [] } = fault;
  await cluster.restore("first");
  run.stack.configure({ asOf });
  const before = await filesOf(cluster);
  const happening = new Happening(run, fault);
  if (fault.at === undefined) {
    happening.begin();
    await sleep(500);
  }
  const began = Date.now();
  const ended = await run.stack
    .up({ onLine: happening.onLine, onStart: (pid) => (happening.pid = pid) })
    .finally(() => happening.mend());
  const seconds = secondsSince(began);
  const said = ended.stdout + ended.stderr;
  run.log(`the run ended with ${String(ended.code)} after ${seconds.toFixed(1)} s\n${complaint(said)}`);
  assert.equal(ended.code === 0 ? "passes" : "fails", outcome.is, tail(said));
  assert.ok(seconds <= outcome.within, `the run took ${seconds.toFixed(1)} s, not ${String(outcome.within)}`);
  if (outcome.is === "fails") {
    assert.match(complaint(said), outcome.says);
    if (!outcome.touches) assert.equal(await filesOf(cluster), before, "files of nodes are other ones");
    await assertWhole(cluster);
    assertTrust(run, await cluster.read(), allowed);
    const again = await run.stack.up();
    if (again.code !== 0) throw new Error(`the next pulumi up failed:\n${complaint(again.stdout + again.stderr)}`);
  }
  await assertConverged(run, cluster, { generation: GENERATION, allowed });
  const late = (await run.stack.certificates()).filter(({ nextRenewal }) => nextRenewal <= asOf);
  assert.deepEqual(late, [], "certificates that are still due");
  await assertNothingToDo(run);
};

const ALL: readonly Fault[] = [...networkFaults, ...diskFaults, ...engineFaults];

const play = async (run: Run, chosen: readonly Fault[]): Promise<void> => {
  const cluster = await StubCluster.begin(run);
  const renewals = (await run.stack.certificates()).map(({ nextRenewal }) => Date.parse(nextRenewal));
  const asOf = new Date(Math.max(...renewals)).toISOString();
  const failed: string[] = [];
  for (const fault of chosen) {
    if (run.isTimeUp()) break;
    await run.step(fault.name, () =>
      playFault(run, cluster, asOf, fault).catch((error: unknown) => {
        failed.push(`${fault.name}: ${error instanceof Error ? error.message : String(error)}`);
        run.log(`FAILED: ${failed.at(-1) ?? ""}`);
      }),
    );
    run.counts["faults"] = (run.counts["faults"] ?? 0) + 1;
  }
  assert.deepEqual(failed, [], "faults that a run did not take as it has to");
};

const scenario = (name: string, more: string, choose: () => readonly Fault[]): Scenario => ({
  name,
  proves: `network, disks, plugin and state fail while components are stubs: a run says so in time, the next one ends it${more}`,
  topologies: ["stubs"],
  bare: true,
  play: (run) => play(run, choose()),
});

const DAY_MS = 86_400_000;
const A_DAY = 2;

/** Others each day. */
const ofToday = (): readonly Fault[] => {
  const first = Math.floor(Date.now() / DAY_MS) * A_DAY;
  return Array.from({ length: A_DAY }, (_, at) => ALL[(first + at) % ALL.length]).filter(
    (fault) => fault !== undefined,
  );
};

export const faultScenarios: readonly Scenario[] = [
  scenario("faults", "", () => ALL),
  scenario("faults-sample", "; two of them, others each day", ofToday),
];
