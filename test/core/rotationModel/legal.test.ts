/**
 * Whatever way a cluster goes through its rotations, it works at every moment. Runs are cut, fail and begin again, services
 * and nodes restart, leaves are due, nodes join; payloads, guards and the order of steps are the product's.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { issuerOf } from "../../../core/authorities/rotation";
import { LAYOUT_NAMES, LAYOUTS } from "../../../core/layouts";
import { PHASES, ROTATABLE, type Rotatable, type RotationState } from "../../../core/model/phases";
import type { ConsumerInput } from "../../../core/model/reload";
import type { Cluster } from "./cluster";
import { TALKS } from "./talks";
import { caText, isTrust, tokenKeyText } from "./texts";
import { statesOf, Walk, type States, type Topology } from "./walk";

const SEED = 20261124;
const MOVES = ["stay", "next phase", "to the end", "back", "give up", "reopen"] as const;
const FAULTS = ["none", "none", "fails", "killed", "unrecorded", "crashes"] as const;

const topology: fc.Arbitrary<Topology> = fc
  .record({
    layout: fc.constantFrom(...LAYOUT_NAMES),
    minor: fc.constantFrom(30, 32, 35, 36),
    controlPlanes: fc.constantFrom(1, 3, 5),
    etcdMembers: fc.constantFrom(0, 0, 1, 3),
    workers: fc.nat(5),
  })
  .filter(({ layout, etcdMembers }) => LAYOUTS[layout].stacksEtcd || etcdMembers > 0);

const turn = fc.record({
  move: fc.constantFrom(...MOVES),
  fault: fc.record({ kind: fc.constantFrom(...FAULTS), at: fc.nat(60) }),
  event: fc.constantFrom(
    "none",
    "restart",
    "renewal",
    "worker joins",
    "control plane joins",
    "worker arrives",
    "control plane arrives",
  ),
});

/** Anywhere, by any word of the stack file that the configuration takes. */
const anyState = fc.record({ generation: fc.integer({ min: 1, max: 3 }), phase: fc.constantFrom(...PHASES) });
const jump = fc.record({
  to: fc.oneof(
    anyState.map((state) => statesOf(() => state)),
    fc.record({ kubernetes: anyState, etcd: anyState, frontProxy: anyState, serviceAccount: anyState }),
  ),
  fault: fc.record({
    kind: fc.constantFrom("none" as const, "fails" as const, "killed" as const, "crashes" as const),
    at: fc.nat(40),
  }),
});

type Move = (typeof MOVES)[number];

/** Where a thing goes that is settled in `at`: forward, or back as docs/rotation.md says. */
const moved = (at: RotationState, move: Move, adopted: boolean): RotationState => {
  const { generation, phase } = at;
  const isFirst = generation === 1;
  switch (move) {
    case "stay":
      return at;
    case "next phase":
      return phase === "done"
        ? { generation: generation + 1, phase: "trust" }
        : { generation, phase: PHASES[PHASES.indexOf(phase) + 1] ?? "done" };
    case "to the end":
      return { generation: phase === "done" ? generation + 1 : generation, phase: "done" };
    case "back":
      return phase === "issue" ? { generation, phase: "trust" } : at;
    case "give up":
      return phase === "trust" && !(isFirst && adopted) ? { generation: generation - 1, phase: "done" } : at;
    case "reopen":
      return phase === "done" && (!isFirst || adopted) ? { generation, phase: "issue" } : at;
  }
};

/** By what a server lets clients in. */
const ACCEPTS: readonly ConsumerInput[] = [
  ...TALKS.map(({ accepts }) => accepts),
  "kube-apiserver/requestheader-ca",
  "kube-apiserver/service-account-public",
];

/** Everything that is trusted anywhere: in files, by servers that run, by pods and aggregated servers. */
const trustedIn = ({ nodes, podTrust, aggregatedTrust }: Cluster): Set<string> => {
  const files = nodes.flatMap(({ disk }) => [...disk.values()].flat());
  const servers = nodes
    .flatMap(({ processes }) => [...processes.values()])
    .flatMap((process) => ACCEPTS.flatMap((input) => process.holds(input)));
  return new Set([...files, ...servers, ...podTrust.flat(), ...aggregatedTrust].filter(isTrust));
};

const targetOf = (what: Rotatable, { generation }: RotationState): string =>
  what === "serviceAccount" ? tokenKeyText("public", generation) : caText(what, generation);

/** Of what is in phase done nothing else is trusted any more. */
const assertExact = (cluster: Cluster, states: States): void => {
  const done = ROTATABLE.filter((what) => states[what].phase === "done");
  const kinds = done.map((what) => targetOf(what, states[what]).replace(/\d+$/, ""));
  const found = [...trustedIn(cluster)].filter((text) => kinds.some((kind) => text.startsWith(kind)));
  assert.deepEqual(found.sort(), done.map((what) => targetOf(what, states[what])).sort());
};

describe("model: legal walks", function () {
  this.timeout(600_000);

  it("keeps everybody talking to everybody at every moment, and ends with exactly what was asked for", () => {
    let exact = 0;
    fc.assert(
      fc.property(
        topology,
        fc.nat(),
        fc.boolean(),
        fc.subarray([...ROTATABLE], { minLength: 1 }),
        fc.array(turn, { minLength: 1, maxLength: 7 }),
        (where, seed, adopted, subset, turns) => {
          const walk = new Walk(where, seed, adopted);
          let states: States = statesOf(() => ({ generation: 1, phase: adopted ? "trust" : "done" }));
          assert.equal(walk.upUntilDone(states), "done");
          // back from `issue` in an adoption, leaves of the new CA stay, and kubeadm has only the key of the old one
          let isBetweenCas = false;
          for (const { move, fault, event } of turns) {
            if (event === "renewal") walk.renewalIsDue();
            if (event === "worker joins") walk.joinWorker();
            if (event === "control plane joins" && !isBetweenCas) walk.joinControlPlane(states);
            if (event.endsWith("arrives") && knowsAll(states)) {
              const trusted = fault.at % 2 === 0 ? states : "nothing";
              walk.arrive(event.startsWith("worker") ? "workers" : "controlPlanes", trusted);
              assert.equal(walk.upUntilDone(states), "done", "a new node is taken in");
            }
            const next = { ...states };
            for (const what of subset) next[what] = moved(states[what], move, adopted);
            walk.up(next, { fault });
            if (event === "restart") walk.restartAny();
            // a cut run is begun again with the same words, or with those before, and then again with the same
            if (fault.at % 2 === 1 && isUndoable(states, next)) {
              assert.equal(walk.upUntilDone(states), "done", "what was begun is given up");
              assertExact(walk.cluster, states);
            }
            assert.equal(
              walk.upUntilDone(next),
              "done",
              walk.moments.filter((each) => /^(?:up|->)/.test(each)).join("\n"),
            );
            isBetweenCas ||=
              adopted && subset.some((what) => states[what].phase === "issue" && issuerOf(next[what]) === 0);
            states = next;
            assert.deepEqual(walk.found, [], walk.moments.join("\n"));
          }
          assertExact(walk.cluster, states);
          exact += ROTATABLE.filter((what) => states[what].phase === "done" && states[what].generation > 1).length;
        },
      ),
      { seed: SEED, numRuns: 70 },
    );
    assert.ok(exact > 25, `only ${String(exact)} rotations came to their end`);
  });

  it("refuses what would break an authority, whatever the stack file says next", () => {
    const ends = { done: 0, refused: 0 };
    fc.assert(
      fc.property(topology, fc.nat(), fc.boolean(), fc.array(jump, { minLength: 1, maxLength: 6 }), (...walked) => {
        const [where, seed, adopted, jumps] = walked;
        const walk = new Walk(where, seed, adopted);
        for (const { to, fault } of jumps) {
          const states = statesOf((what) =>
            to[what].generation === 1 && !adopted ? { generation: 1, phase: "done" } : to[what],
          );
          walk.up(states, { fault });
          const end = walk.upUntilDone(states);
          ends[end === "done" ? end : "refused"]++;
          assert.deepEqual(walk.found, [], walk.moments.join("\n"));
        }
      }),
      { seed: SEED, numRuns: 60 },
    );
    assert.ok(ends.done > 20 && ends.refused > 20, JSON.stringify(ends));
  });
});

/** What may be taken back at once: an issue, a trust, the undo of a retirement; never what may have been retired. */
const isUndoable = (before: States, after: States): boolean =>
  ROTATABLE.every((what) => before[what] === after[what] || after[what].phase !== "done");

/** Of a generation 0 the stack knows a fingerprint only: it can tell no new node of it. */
const knowsAll = (states: States): boolean =>
  ROTATABLE.every((what) => states[what].generation > 1 || states[what].phase === "done");
