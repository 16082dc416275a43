/** What the clients of a run must have seen, and in a cluster of one control plane what they may have missed. */
import assert from "node:assert/strict";
import type { Lab } from "../../lab/lab";
import { withRole } from "../../lab/topology";
import type { ProbeResult } from "../probe";
import { POD_CLIENTS, REFUSED_AGAIN } from "./podClients";
import type { ClientResult } from "./tally";

/**
 * An election takes a second or two, and the writer waits 1.5 s for a member that is gone: more is a quorum lost. A write
 * through the API waits for the same elections.
 */
const QUORUM_GAP_MS = 5000;

/** A client that never works proves nothing, whatever it was not refused. */
const FEWEST_GOOD_S = 5;

const resultOf = (results: readonly ClientResult[], name: string): ClientResult => {
  const found = results.find((each) => each.name === name);
  assert.ok(found !== undefined && found.seconds > 10, `${name} did not run`);
  return found;
};

/** What must hold in every topology: nothing acknowledged is lost, and nobody is refused who should not be. */
const assertNothingLost = (results: readonly ClientResult[]): void => {
  for (const name of ["etcd writer", "watch"]) {
    const { facts } = resultOf(results, name);
    assert.equal(facts["lost"], 0, `${name}: acknowledged and not there`);
    assert.ok((facts["acknowledged"] ?? facts["seen"] ?? 0) > 10, `${name} saw nothing`);
  }
  for (const name of Object.keys(POD_CLIENTS)) {
    const { facts, failures, seconds, secondsFailed } = resultOf(results, name);
    assert.ok(seconds - secondsFailed >= FEWEST_GOOD_S, `${name} never had an answer: ${failures.join("; ")}`);
    assert.equal(facts[REFUSED_AGAIN] ?? 0, 0, `${name}: ${failures.join("; ")}`);
  }
};

/** The bar of a change under load; behind a balancer nobody notices it. */
export const assertUndisturbed = (
  lab: Lab,
  results: readonly ClientResult[],
  probes: readonly ProbeResult[] = [],
): void => {
  assertNothingLost(results);
  if (withRole(lab.nodes, "etcd").length >= 3) {
    const { longestGapMs, failures } = resultOf(results, "etcd writer");
    assert.ok(
      longestGapMs < QUORUM_GAP_MS,
      `etcd took no write for ${String(longestGapMs)} ms: ${failures.join("; ")}`,
    );
  }
  if (!lab.topology.balanced) return;
  const endpoint = probes.filter(({ name }) => name === "endpoint");
  assert.deepEqual(
    endpoint.flatMap(({ connection, failures }) => failures.map((text) => `${connection}: ${text}`)),
    [],
    "the endpoint answered in every second",
  );
  for (const name of ["API writer", "watch"]) {
    const { longestGapMs, failures } = resultOf(results, name);
    assert.deepEqual(failures, [], name);
    assert.ok(longestGapMs < QUORUM_GAP_MS, `${name}: nothing for ${String(longestGapMs)} ms`);
  }
};
