/** A pulumi that is killed wherever a resource begins or ends, on nodes whose components are stubs (tools/stub). */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { upKilledAt } from "../killing";
import { assertNothingToDo, rotateTo } from "../rotating";
import { complaint, type Run, type Scenario } from "../scenario";
import { numbersFrom } from "../seeded";
import { notServed, servedNow } from "../servedBy";
import { StubCluster } from "../stubs/cluster";
import { notOfGeneration, troubles, type NodeState } from "../stubs/nodeFiles";
import { failuresIn } from "../stubs/records";

const GENERATION = 2;

/** How many kills a short run plays, and which: another number plays others. */
const SAMPLE = 6;
const SEED = 20261126;

/** After how many kills it is looked at whether a further `up` has nothing to do. */
const NOTHING_TO_DO_EVERY = 10;

/** So many kills that went wrong tell enough. */
const ENOUGH = 8;

/** A few files are read one after another: what is not whole now may have been caught between two renames. */
const LOOKS = 10;

const notWhole = (nodes: readonly NodeState[]): string[] =>
  nodes.flatMap(({ node, files }) => troubles(files).map((each) => `${node}: ${each}`));

/** On every node certificate and key match and the CA beside them signed them. */
const assertWhole = async (cluster: StubCluster): Promise<void> => {
  for (let look = 1; ; look += 1) {
    const found = notWhole(await cluster.read());
    if (found.length === 0) return;
    if (look === LOOKS) assert.deepEqual(found, [], "files that are not whole");
    await sleep(300);
  }
};

/** Since the cluster was put back nobody distrusted anybody, and no call failed but for a restart of who was called. */
const assertTrust = (run: Run, nodes: readonly NodeState[]): void => {
  const records = nodes.flatMap((node) => node.records);
  const count = (what: string, more: number): void => {
    run.counts[what] = (run.counts[what] ?? 0) + more;
  };
  for (const { kind, text } of records) {
    if (kind === "ok") count("calls that went well", Number(text));
    if (kind === "unreachable") count("calls while who was called restarted", 1);
    if (kind === "halfway") count("handshakes between two renames", 1);
  }
  const failures = failuresIn(records, run.lab.nodes);
  for (const { kind } of failures) count(`failures: ${kind}`, 1);
  assert.deepEqual(
    failures.map(({ node, component, at, kind, what, whom, text }) =>
      [new Date(at).toISOString(), node, component, kind, what, whom, text].join(" "),
    ),
    [],
    "calls that failed",
  );
};

/** Only the new generation is trusted, presented and served, every call goes on, and no transaction left anything behind. */
const assertConverged = async (run: Run, cluster: StubCluster): Promise<void> => {
  const began = Date.now();
  const rows = await run.stack.certificates();
  assert.deepEqual(notServed(await servedNow(run.lab, rows)), []);
  await sleep(Math.max(0, began + 1500 - Date.now()));
  assert.deepEqual(await cluster.silent(began), [], "calls that do not go on");
  const nodes = await cluster.read();
  assert.deepEqual(notWhole(nodes), [], "files that are not whole");
  for (const { node, files, debris } of nodes) {
    assert.deepEqual(
      notOfGeneration(files, GENERATION),
      [],
      `${node}: what is not of generation ${String(GENERATION)}`,
    );
    assert.deepEqual(debris, [], `${node}: left behind`);
  }
  assertTrust(run, nodes);
};

const seconds = (since: number): string => ((Date.now() - since) / 1000).toFixed(1);

/** One kill, one plain `up`. */
const killedAt = async (run: Run, cluster: StubCluster, boundary: string, thorough: boolean): Promise<void> => {
  const { stack } = run;
  const began = Date.now();
  const { at } = await upKilledAt(stack, (_event, each) => each === boundary);
  assert.notEqual(at, "", "it ended without this boundary");
  await assertWhole(cluster);
  assertTrust(run, await cluster.read());
  // a killed run leaves its lock behind, as with every self-managed backend
  await stack.must(["cancel", "--yes"]);
  const killed = seconds(began);
  const again = Date.now();
  const { code, stdout, stderr } = await stack.up();
  if (code !== 0) throw new Error(`pulumi up failed:\n${complaint(stdout + stderr)}`);
  const resumed = seconds(again);
  await assertConverged(run, cluster);
  if (thorough) await assertNothingToDo(run);
  run.log(`${boundary}: killed after ${killed} s, resumed in ${resumed} s`);
};

const play = async (run: Run, choose: (boundaries: readonly string[]) => readonly string[]): Promise<void> => {
  const cluster = await StubCluster.begin(run);
  run.stack.configure(rotateTo(GENERATION));
  const { boundaries } = await run.step("a rotation without a kill", async () => {
    const whole = await upKilledAt(run.stack, () => false);
    await assertConverged(run, cluster);
    return whole;
  });
  await assertNothingToDo(run);
  run.counts["boundaries"] = boundaries.length;
  const failed: string[] = [];
  const chosen = choose(boundaries);
  for (const [index, boundary] of chosen.entries()) {
    if (failed.length === ENOUGH) break;
    const number = `${String(index + 1)} of ${String(chosen.length)}`;
    await run.step(`kill ${number} at ${boundary}`, async () => {
      await cluster.restore();
      const thorough = index % NOTHING_TO_DO_EVERY === 0;
      await killedAt(run, cluster, boundary, thorough).catch((error: unknown) => {
        failed.push(`${boundary}: ${error instanceof Error ? error.message : String(error)}`);
        run.log(`FAILED: ${failed.at(-1) ?? ""}`);
      });
    });
    run.counts["kills"] = index + 1;
  }
  run.counts["kills that went wrong"] = failed.length;
  assert.deepEqual(failed, [], "kills that went wrong");
};

const shuffled = (boundaries: readonly string[]): string[] => {
  const number = numbersFrom(SEED);
  return boundaries
    .map((boundary) => ({ boundary, key: number() }))
    .sort((one, other) => one.key - other.key)
    .map(({ boundary }) => boundary);
};

const proves = "the next plain up ends the rotation, no file is half, nobody distrusts anybody on the way";

export const stubScenarios: readonly Scenario[] = [
  {
    name: "rotation-kill-stub",
    proves: `stub components, pulumi killed wherever a resource begins or ends: ${proves}`,
    topologies: ["stubs"],
    bare: true,
    play: (run) => play(run, (boundaries) => boundaries),
  },
  {
    name: "rotation-kill-stub-sample",
    proves: `stub components, pulumi killed at ${String(SAMPLE)} of those places: ${proves}`,
    topologies: ["stubs"],
    bare: true,
    play: (run) => play(run, (boundaries) => shuffled(boundaries).slice(0, SAMPLE)),
  },
];
