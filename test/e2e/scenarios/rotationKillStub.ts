/** A pulumi that is killed wherever a resource begins or ends, on nodes whose components are stubs (tools/stub). */
import assert from "node:assert/strict";
import { boundaryOf, upKilledAt } from "../killing";
import { assertNothingToDo, rotateTo } from "../rotating";
import { complaint, type Run, type Scenario } from "../scenario";
import { numbersFrom } from "../seeded";
import { StubCluster } from "../stubs/cluster";
import { assertConverged, assertTrust, assertWhole } from "../stubs/converged";

const GENERATION = 2;

/** Another number plays another order, and another sample. */
const SEED = 20261126;

/** After how many kills it is looked at whether a further `up` has nothing to do. */
const NOTHING_TO_DO_EVERY = 10;

/** So many kills that went wrong tell enough. */
const ENOUGH = 8;

/** Between a resource's "created" and its old self's "deleting" stands a line that marks the exchange and does nothing. */
const isOperation = (boundary: string): boolean => !/ replac(ing|ed)$/.test(boundary);

/** What comes last, when every node is done: old certificates leave the state. */
const isRemoval = (boundary: string): boolean => / delet(ing|ed)$/.test(boundary);

const isNodeStep = (boundary: string): boolean => /-(trust|apply|check|retire) /.test(boundary);

const seconds = (since: number): number => (Date.now() - since) / 1000;

/** `pulumi up`, killed. */
const killAt = async (run: Run, boundary: string): Promise<void> => {
  const { at } = await upKilledAt(run.stack, (_event, each) => each === boundary);
  assert.notEqual(at, "", "it ended without this boundary");
  // a killed run leaves its lock behind, as with every self-managed backend
  await run.stack.must(["cancel", "--yes"]);
};

/** One kill, what it left, one plain `up`. */
const playKill = async (run: Run, cluster: StubCluster, boundary: string, thorough: boolean): Promise<void> => {
  const began = Date.now();
  await killAt(run, boundary);
  await assertWhole(cluster);
  assertTrust(run, await cluster.read());
  const killed = seconds(began);
  const again = Date.now();
  const { code, stdout, stderr } = await run.stack.up();
  if (code !== 0) throw new Error(`pulumi up failed:\n${complaint(stdout + stderr)}`);
  run.log(`killed after ${killed.toFixed(1)} s, resumed in ${seconds(again).toFixed(1)} s`);
  await assertConverged(run, cluster, { generation: GENERATION });
  if (thorough) await assertNothingToDo(run);
};

/**
 * One rotation in which every `up` is killed at the first boundary that none before it was killed at, until one ends by
 * itself. Gives the boundaries: a resource that was done when its beginning was killed at has no end of its own any more.
 */
const playKillsInARow = async (run: Run, cluster: StubCluster): Promise<ReadonlySet<string>> => {
  await cluster.restore("first");
  const killed = new Set<string>();
  const isNew = (boundary: string): boolean => isOperation(boundary) && !killed.has(boundary);
  for (;;) {
    const began = Date.now();
    const { at } = await upKilledAt(run.stack, (_event, each) => !run.isTimeUp() && isNew(each));
    const boundary = boundaryOf(at);
    if (boundary === undefined) break;
    killed.add(boundary);
    run.counts["kills in a row"] = killed.size;
    await run.stack.must(["cancel", "--yes"]);
    await assertWhole(cluster);
    assertTrust(run, await cluster.read());
    run.log(`kill ${String(killed.size)} in a row, after ${seconds(began).toFixed(1)} s, at ${boundary}`);
  }
  await assertConverged(run, cluster, { generation: GENERATION });
  await assertNothingToDo(run);
  return killed;
};

interface Choice {
  /** Whether a rotation is killed at one boundary after another first. */
  readonly inARow: boolean;
  /** Of the boundaries that are left those at which a rotation is killed once, in this order. */
  readonly once: (boundaries: readonly string[]) => readonly string[];
}

const play = async (run: Run, choice: Choice): Promise<void> => {
  const cluster = await StubCluster.begin(run);
  run.stack.configure(rotateTo(GENERATION));
  const boundaries = await run.step("a rotation without a kill", async () => {
    const whole = await upKilledAt(run.stack, () => false);
    await assertConverged(run, cluster, { generation: GENERATION });
    return whole.boundaries.filter(isOperation);
  });
  const before = choice.inARow
    ? await run.step("a rotation that is killed at one boundary after another", () => playKillsInARow(run, cluster))
    : new Set<string>();
  const chosen = choice.once(boundaries.filter((each) => !before.has(each)));
  Object.assign(run.counts, { boundaries: boundaries.length, kills: 0, "kills that went wrong": 0 });
  if (chosen.some(isRemoval)) {
    const last = boundaries.filter((boundary) => !isRemoval(boundary)).at(-1) ?? "";
    await run.step(`a rotation up to ${last}, to begin there`, async () => {
      await cluster.restore("first");
      await killAt(run, last);
      await cluster.save("before-removals");
    });
  }
  const failed: string[] = [];
  for (const [index, boundary] of chosen.entries()) {
    if (failed.length === ENOUGH || run.isTimeUp()) break;
    await run.step(`kill ${String(index + 1)} of ${String(chosen.length)} at ${boundary}`, async () => {
      await cluster.restore(isRemoval(boundary) ? "before-removals" : "first");
      await playKill(run, cluster, boundary, index % NOTHING_TO_DO_EVERY === 0).catch((error: unknown) => {
        failed.push(`${boundary}: ${error instanceof Error ? error.message : String(error)}`);
        run.log(`FAILED at ${failed.at(-1) ?? ""}`);
      });
    });
    Object.assign(run.counts, { kills: index + 1, "kills that went wrong": failed.length });
  }
  assert.deepEqual(failed, [], "kills that went wrong");
  const kills = before.size + (run.counts["kills"] ?? 0);
  assert.ok(kills > 0, "the time was up before the first kill: give it more --minutes");
};

/** In an order of chance, so that also a run that is ended before has seen something of everything. */
const shuffled = (boundaries: readonly string[]): string[] => {
  const number = numbersFrom(SEED);
  return boundaries
    .map((boundary) => ({ boundary, key: number() }))
    .sort((one, other) => one.key - other.key)
    .map(({ boundary }) => boundary);
};

/** A few, and most of them where nodes are at work. */
const sample: Choice["once"] = (boundaries) => {
  const all = shuffled(boundaries);
  const nodeSteps = all.filter(isNodeStep);
  const others = all.filter((boundary) => !isNodeStep(boundary) && !isRemoval(boundary));
  return [...nodeSteps.slice(0, 2), ...others.slice(0, 1)];
};

const stubScenario = (name: string, where: string, choice: Choice): Scenario => ({
  name,
  proves: `components are stubs and pulumi is killed ${where}: a plain up ends the rotation, no file is half, nobody ever distrusts anybody`,
  topologies: ["stubs"],
  bare: true,
  play: (run) => play(run, choice),
});

export const stubScenarios: readonly Scenario[] = [
  stubScenario("rotation-kill-stub", "wherever a resource begins or ends", { inARow: true, once: shuffled }),
  stubScenario("rotation-kill-stub-sample", "at three of all the places where a resource begins or ends", {
    inARow: false,
    once: sample,
  }),
];
