import assert from "node:assert/strict";
import { outlook } from "../../../../../core/report/forms/html/outlook";
import { statusReport, type StackFacts } from "../../../../../core/report/stackStatus";
import { ca, FACTS, leaf, NOW } from "../../rows";

const factsOf = (...stacks: readonly StackFacts[]): Readonly<Record<string, string>> => {
  const text = outlook(statusReport(stacks, NOW, 0), (stack, words) =>
    stacks.length === 1 ? words : `${String(stack)}: ${words}`,
  );
  return Object.fromEntries(
    [...text.matchAll(/<dt>([^<]*)<\/dt><dd>([^<]*)<\/dd>/g)].map(([, what = "", words = ""]) => [what, words]),
  );
};

describe("what a page of the status says first", () => {
  it("is where a rotation stands, and what comes next", () => {
    assert.deepEqual(factsOf(FACTS), {
      Rotation: "etcd to generation 2, phase issue",
      "Due now": "the next `pulumi up` renews cp1 etcd-server",
      "Next renewal": "2026-06-10, in 9 days: w1 kubelet-server",
      "Next CA to rotate": "before 2035-01-01, in 3136 days: kubernetes (prod-kubernetes-ca-g1)",
    });
  });

  it("is that all is at rest, and nothing of what is not there", () => {
    const rested: StackFacts = { ...FACTS, authorities: [ca()], certificates: [], nodeRemarks: [] };
    assert.deepEqual(Object.keys(factsOf(rested)), ["Rotation", "Next CA to rotate"]);
    assert.equal(factsOf(rested)["Rotation"], "none, every CA is at rest");
    assert.deepEqual(factsOf({ ...rested, authorities: [] }), {});
  });

  it("says from when a rotation may go on", () => {
    const soaking = ca({ generation: 2, phase: "trust", signs: false, nextPhaseFrom: "2026-06-03T00:00:00Z" });
    assert.equal(
      factsOf({ ...FACTS, authorities: [soaking, ca({ phase: "trust" })] })["Rotation"],
      "kubernetes to generation 2, phase trust, the next one from 2026-06-03",
    );
  });

  it("does not name a CA that is only trusted, which goes with its rotation", () => {
    const old = ca({ signs: false, phase: "issue", rotateBefore: "2026-07-01T00:00:00Z" });
    const newer = ca({ generation: 2, phase: "issue" });
    assert.match(factsOf({ ...FACTS, authorities: [newer, old] })["Next CA to rotate"] ?? "", /^before 2035-01-01/);
  });

  it("names the stack where there are several, and counts what would be too long a list", () => {
    const due = [1, 2, 3, 4, 5, 6, 7].map((number) =>
      leaf({ node: `w${String(number)}`, certificate: "kubelet", nextRenewal: "2026-05-31T00:00:00Z" }),
    );
    const facts = factsOf({ ...FACTS, certificates: due }, { ...FACTS, stack: "canary", certificates: [leaf()] });
    assert.equal(
      facts["Due now"],
      "the next `pulumi up` renews prod: w1 kubelet, prod: w2 kubelet, prod: w3 kubelet, prod: w4 kubelet, prod: w5 kubelet, 2 more",
    );
    assert.equal(facts["Next renewal"], "2026-09-01, in 92 days: canary: cp1 apiserver");
    assert.equal(
      facts["Rotation"],
      "prod: etcd to generation 2, phase issue; canary: etcd to generation 2, phase issue",
    );
  });
});
