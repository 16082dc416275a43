import assert from "node:assert/strict";
import type { Phase } from "../../../core/model/phases";
import { expectedAnswer, type Moment } from "./matrix";

const moment = (generation: number, phase: Phase): Moment => {
  const state = { generation, phase };
  return { name: `${phase} ${String(generation)}`, kubernetes: state, serviceAccount: state };
};

const [before, trust, issue, done] = [
  moment(1, "done"),
  moment(2, "trust"),
  moment(2, "issue"),
  moment(2, "done"),
] as const;

describe("expected access", () => {
  it("old credentials work until retire and are refused after it", () => {
    const asked = [before, trust, issue, done].map((now) => expectedAnswer("legacy token", before, now, "current"));
    assert.deepEqual(asked, ["accepted", "accepted", "accepted", "refused"]);
  });

  it("a client that only believes the old CA is cut off from issue on, one that got both is not", () => {
    assert.equal(expectedAnswer("admin kubeconfig", before, trust, "own"), "accepted");
    assert.equal(expectedAnswer("admin kubeconfig", before, issue, "own"), "server not trusted");
    assert.equal(expectedAnswer("admin kubeconfig", trust, issue, "own"), "accepted");
    assert.equal(expectedAnswer("admin kubeconfig", trust, done, "own"), "refused");
    assert.equal(expectedAnswer("client certificate", issue, done, "own"), "accepted");
  });

  it("what was issued is believed again after the way back to trust", () => {
    assert.equal(expectedAnswer("bound token", issue, trust, "own"), "accepted");
    assert.equal(expectedAnswer("bound token", issue, before, "current"), "refused");
  });

  it("a legacy token that was replaced once stays refused, others come back with their key", () => {
    const way = [before, trust, issue, done];
    assert.equal(expectedAnswer("legacy token", before, issue, "current", way), "refused");
    assert.equal(expectedAnswer("bound token", before, issue, "current", way), "accepted");
    assert.equal(expectedAnswer("legacy token", issue, trust, "current", [issue, done]), "accepted");
  });

  it("what the cluster had before adoption is generation 0", () => {
    const foreign = moment(0, "done");
    assert.equal(expectedAnswer("legacy token", foreign, moment(1, "trust"), "own"), "accepted");
    assert.equal(expectedAnswer("legacy token", foreign, before, "current"), "refused");
  });
});
