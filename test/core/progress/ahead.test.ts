import assert from "node:assert/strict";
import { aboutText, aheadOf, Estimate, keyOf, phasesOf, roundsOf, type Due } from "../../../core/progress/ahead";
import type { Stage } from "../../../core/progress/subject";
import { ORDER, recorded } from "./recorded";

const ahead = (name: string) => aheadOf(recorded(name).map(({ event }) => event));
const on = (stage: Stage, ...nodes: string[]): Due[] =>
  nodes.map((node) => ({ kind: "node", stage, step: stage, node }));

describe("what is ahead of a run", () => {
  it("is what its preview changes, each step once", () => {
    const { due } = ahead("rotation-preview");
    assert.deepEqual(
      due.filter(({ stage }) => stage === "trust" || stage === "apply").map(keyOf),
      [...on("trust", "cp1", "w1", "w2"), ...on("apply", "cp1", "w1", "w2")].map(keyOf),
    );
    assert.equal(due.filter(({ stage }) => stage === "preflight").length, 1);
  });

  it("has the reasons of a preview, by node and step", () => {
    const { why } = ahead("rotation-preview");
    const [trust, apply] = [...on("trust", "cp1"), ...on("apply", "cp1")].map((due) => why.get(keyOf(due)) ?? "");
    assert.match(trust ?? "", /^cp1: adds kubernetes generation 2/);
    assert.match(apply ?? "", /^cp1: 13 certificates to issue .*restarts kube-controller-manager/);
  });

  it("has phases in a rotation alone", () => {
    assert.deepEqual(phasesOf(ahead("rotation-preview").due), ["trust", "issue", "done"]);
    assert.deepEqual(phasesOf(ahead("renewal-preview").due), []);
  });
});

describe("the estimate", () => {
  it("counts the nodes that follow one another", () => {
    assert.equal(roundsOf(["cp1", "w1", "w2"], ORDER), 3);
    assert.equal(roundsOf(["cp1", "w2"], ORDER), 2, "a node between them that is not due takes no time");
    const waves = new Map(["cp1", "w1", "w2", "w3"].map((name) => [name, name === "cp1" ? [] : ["cp1"]]));
    assert.equal(roundsOf(["cp1", "w1", "w2", "w3"], waves), 2);
    assert.equal(roundsOf([], ORDER), 0);
  });

  it("is corrected by the steps that this run has shown", () => {
    const due = on("apply", "cp1", "w1", "w2");
    const estimate = new Estimate(due, ORDER);
    const before = estimate.remaining;
    const [first] = due;
    assert.ok(first);
    estimate.ended(first, 100);
    assert.ok(before < 60, String(before));
    assert.ok(estimate.remaining > 200, String(estimate.remaining));
    assert.equal(estimate.steps, 2);
  });

  it("takes all nodes at once for one round", () => {
    assert.equal(
      new Estimate(on("check", "cp1"), ORDER).remaining,
      new Estimate(on("check", "cp1", "w1"), ORDER).remaining,
    );
  });

  it("gives what the scenario of a rotation has taken on the same nodes, within a quarter", () => {
    const nodes: Due[] = (["trust", "apply", "tokens", "retire"] as const).flatMap((stage) => on(stage, "cp1", "w1"));
    const atOnce: Due[] = (["mounts", "check"] as const).flatMap((stage) => on(stage, "cp1", "w1"));
    const once: Due[] = ["root-ca", "nodes", "roll", "ca-bundles", "pods", "tokens", "clean"].map((step) => ({
      kind: "once",
      stage: "afterIssue",
      step,
    }));
    const { remaining } = new Estimate([...nodes, ...atOnce, ...once], ORDER);
    assert.ok(remaining > 164 * 0.75 && remaining < 206 * 1.25, String(remaining));
  });

  const TEXTS: readonly (readonly [number, string])[] = [
    [3, "some seconds"],
    [31, "about 30 s"],
    [94, "about 90 s"],
    [100, "about 2 min"],
    [250, "about 4 min"],
    [7200, "about 2.0 h"],
  ];
  for (const [seconds, text] of TEXTS)
    it(`of ${String(seconds)} s is ${text}`, () => {
      assert.equal(aboutText(seconds), text);
    });
});
