import assert from "node:assert/strict";
import type { CertificateRow } from "../../../core/report/report";
import type { AuthorityRow } from "../../../core/report/authorityRows";
import {
  caStatus,
  leafStatus,
  needsAttention,
  overdueFrom,
  STATUSES,
  type OnNode,
  type Status,
} from "../../../core/report/status";
import { ca, DAY, leaf, NOW } from "./rows";

describe("status of a certificate", () => {
  const leaves: readonly [string, Status, Partial<CertificateRow>, number?, OnNode?][] = [
    ["renewed later", "ok", {}],
    ["due this moment", "due", { nextRenewal: NOW.toISOString() }],
    ["due in a second", "ok", { nextRenewal: "2026-06-01T00:00:01Z" }],
    ["due for almost two weeks", "due", { nextRenewal: "2026-05-18T00:00:01Z" }],
    ["due for two weeks", "overdue", { nextRenewal: "2026-05-18T00:00:00Z" }],
    [
      "due for half of its last day",
      "overdue",
      { nextRenewal: "2026-05-31T12:00:00Z", notAfter: "2026-06-01T12:00:00Z" },
    ],
    ["due for less", "due", { nextRenewal: "2026-05-31T12:00:01Z", notAfter: "2026-06-01T12:00:00Z" }],
    ["due after its end", "ok", { nextRenewal: "2027-02-01T00:00:00Z" }],
    [
      "ends within the window",
      "expiring",
      { notAfter: "2026-07-01T00:00:00Z", nextRenewal: "2026-06-15T00:00:00Z" },
      30,
    ],
    ["ends after it", "ok", { notAfter: "2026-07-01T00:00:01Z", nextRenewal: "2026-06-15T00:00:00Z" }, 30],
    [
      "overdue, and ends within the window",
      "expiring",
      { notAfter: "2026-06-20T00:00:00Z", nextRenewal: "2026-05-01T00:00:00Z" },
      30,
    ],
    ["its node has another", "drift", { notAfter: "2026-06-20T00:00:00Z" }, 30, "differs"],
    ["its node does not answer", "ok", {}, 0, "unreachable"],
    ["its node has it", "ok", {}, 0, "same"],
    ["ended, and its node has another", "expired", { notAfter: NOW.toISOString() }, 0, "differs"],
  ];
  for (const [what, expected, changes, days = 0, onNode] of leaves)
    it(`${what}: ${expected}`, () => {
      assert.equal(leafStatus(leaf(changes), NOW, days * DAY, onNode), expected);
    });

  const cas: readonly [string, Status, Partial<AuthorityRow>, number?][] = [
    ["years left", "ok", {}],
    ["to rotate within a year", "due", { rotateBefore: "2027-05-01T00:00:00Z" }],
    ["to rotate within the window", "expiring", { rotateBefore: "2026-06-30T00:00:00Z" }, 30],
    ["to rotate now", "overdue", { rotateBefore: NOW.toISOString() }, 30],
    ["ended", "expired", { notAfter: "2026-05-31T00:00:00Z", rotateBefore: "2026-01-01T00:00:00Z" }],
    ["ended, and only trusted", "ok", { signs: false, notAfter: "2026-05-31T00:00:00Z" }],
    ["only trusted", "ok", { signs: false, rotateBefore: "2026-01-01T00:00:00Z" }, 30],
  ];
  for (const [what, expected, changes, days = 0] of cas)
    it(`of a CA, ${what}: ${expected}`, () => {
      assert.equal(caStatus(ca(changes), NOW, days * DAY), expected);
    });

  it("is overdue from the moment that is told", () => {
    const row = leaf();
    const from = overdueFrom(row);
    assert.equal(leafStatus(row, from, 0), "overdue");
    assert.equal(leafStatus(row, new Date(from.getTime() - 1), 0), "due");
  });

  it("asks for somebody where something is wrong", () => {
    assert.deepEqual(STATUSES.filter(needsAttention), ["expired", "drift", "expiring", "overdue"]);
  });
});
