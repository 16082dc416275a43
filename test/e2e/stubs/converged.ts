/** What has to hold of a cluster of stubs while it is changed, and once it was. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "../scenario";
import { notServed, servedNow } from "../servedBy";
import type { StubCluster } from "./cluster";
import { notOfGeneration, troubles, type NodeState } from "./nodeFiles";
import { failuresIn } from "./records";

/** Of hundreds of failures the first ones tell what it is. */
const SHOWN = 10;

/** The files of a node are read one after another: what is not whole now may have been caught between two renames. */
const LOOKS = 10;

const notWhole = (nodes: readonly NodeState[]): string[] =>
  nodes.flatMap(({ node, files }) => troubles(files).map((each) => `${node}: ${each}`));

/** On every node certificate and key match and the CA beside them signed them. */
export const assertWhole = async (cluster: StubCluster): Promise<void> => {
  for (let look = 1; ; look += 1) {
    const found = notWhole(await cluster.read());
    if (found.length === 0) return;
    if (look === LOOKS) assert.deepEqual(found, [], "files that are not whole");
    await sleep(300);
  }
};

/**
 * Since the cluster was put back nobody distrusted anybody, and no call failed but for a restart of who was called.
 *
 * @param allowed kinds of failure that something else has caused
 */
export const assertTrust = (run: Run, nodes: readonly NodeState[], allowed: readonly string[] = []): void => {
  const records = nodes.flatMap((node) => node.records);
  const failures = failuresIn(records, run.lab.nodes).filter(({ kind }) => !allowed.includes(kind));
  assert.deepEqual(
    failures
      .slice(0, SHOWN)
      .map(({ node, component, at, kind, what, whom, text }) =>
        [new Date(at).toISOString(), node, component, kind, what, whom, text].join(" "),
      ),
    [],
    `calls that failed: ${String(failures.length)}, the first of them:`,
  );
};

const count = (run: Run, nodes: readonly NodeState[]): void => {
  const records = nodes.flatMap((node) => node.records);
  const add = (what: string, more: number): void => {
    run.counts[what] = (run.counts[what] ?? 0) + more;
  };
  for (const { kind, text } of records) {
    if (kind === "ok") add("calls that went well", Number(text));
    if (kind === "unreachable") add("calls while who was called restarted", 1);
    if (kind === "halfway") add("handshakes between two renames", 1);
    if (kind === "begin") add("starts of stubs", 1);
  }
  for (const { kind } of failuresIn(records, run.lab.nodes)) add(`failures: ${kind}`, 1);
};

interface Converged {
  readonly generation: number;
  /** As for `assertTrust`. */
  readonly allowed?: readonly string[];
}

/** Only this generation is trusted, presented and served, every call goes on, and no transaction left anything behind. */
export const assertConverged = async (
  run: Run,
  cluster: StubCluster,
  { generation, allowed }: Converged,
): Promise<void> => {
  const began = Date.now();
  const rows = await run.stack.certificates();
  assert.deepEqual(notServed(await servedNow(run.lab, rows)), []);
  await sleep(Math.max(0, began + 1500 - Date.now()));
  const nodes = await cluster.read();
  count(run, nodes);
  assertTrust(run, nodes, allowed);
  assert.deepEqual(cluster.silent(nodes, began), [], "calls that do not go on");
  assert.deepEqual(notWhole(nodes), [], "files that are not whole");
  for (const { node, files, debris } of nodes) {
    assert.deepEqual(
      notOfGeneration(files, generation),
      [],
      `${node}: what is not of generation ${String(generation)}`,
    );
    assert.deepEqual(debris, [], `${node}: left behind`);
  }
};
