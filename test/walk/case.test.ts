/** The moves that the model allows. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { PHASES } from "../../core/model/phases";
import { mixed } from "../bySeed";
import { after, anyWalk, begin } from "./case";
import { change, CHANGES } from "./changes";
import { asked, back, forward, whole } from "./world";

const walks = Array.from({ length: 300 }, (_, seed) =>
  fc.sample(anyWalk(8), { seed: mixed(seed), numRuns: 1 }).flatMap((walk) => [walk]),
).flat();

describe("walks", () => {
  it("lead through every change, and every way in which a run may go", () => {
    const moves = walks.flatMap((walk) => walk.moves);
    assert.deepEqual(
      Object.keys(CHANGES).filter((name) => !moves.some((move) => move.change === name)),
      [],
    );
    assert.deepEqual([...new Set(moves.map(({ how }) => how.kind))].sort(), [
      "killed",
      "targeted",
      "unreachable",
      "whole",
    ]);
  });

  it("change the stack file by one phase at a time or by one whole rotation, unless that is refused", () => {
    for (const walk of walks) {
      let world = begin(walk);
      for (const move of walk.moves) {
        const was = asked(world);
        const next = after(world, move);
        assert.ok(next !== undefined, "a move that is not allowed");
        if (change(move.change).refused === undefined)
          assert.ok(
            [was, forward(was), back(was), whole(was)].some(
              (each) => each?.generation === asked(next).generation && each.phase === asked(next).phase,
            ),
          );
        else assert.deepEqual(asked(next), was);
        assert.ok(next.members.some(({ role }) => role === "control-plane"));
        world = next;
      }
    }
  });

  it("go back the way that they have come", () => {
    for (const phase of PHASES) {
      const state = { generation: 3, phase };
      assert.deepEqual(back(forward(state)), state);
    }
    assert.equal(back({ generation: 1, phase: "done" }), undefined);
  });
});
