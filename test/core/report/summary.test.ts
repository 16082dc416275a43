import assert from "node:assert/strict";
import { summaryOf } from "../../../core/report/summary";
import { ca, leaf } from "./rows";

describe("the summary of a stack", () => {
  it("counts certificates and nodes, and has the first renewal and end", () => {
    const rows = [
      leaf({ notAfter: "2027-03-01T00:00:00Z", nextRenewal: "2026-12-01T00:00:00Z" }),
      leaf({ notAfter: "2027-02-01T00:00:00Z", nextRenewal: "2027-01-01T00:00:00Z" }),
      leaf({ node: "-", notAfter: "2027-04-01T00:00:00Z", nextRenewal: "2027-01-01T00:00:00Z" }),
    ];
    const { certificates } = summaryOf(rows, []);
    assert.equal(certificates, "3, for 1 node; the first renewal is due 2026-12-01, the first end 2027-02-01");
    assert.equal(summaryOf([], []).certificates, "none");
  });

  it("has each CA, and the phase of a rotation", () => {
    const etcd = ca({ authority: "etcd", phase: "issue" });
    const { authorities } = summaryOf([], [{ ...etcd, generation: 2 }, { ...etcd, signs: false }, ca()]);
    const signs = "signs, to be rotated before 2035-01-01";
    assert.deepEqual(authorities, {
      etcd: `phase issue; generation 2 ${signs}; generation 1 is trusted, and ends 2036-01-01`,
      kubernetes: `generation 1 ${signs}`,
    });
  });
});
