import assert from "node:assert/strict";
import {
  authorityRow,
  endingCa,
  isToRotateWithin,
  listedGenerations,
  rotationDueText,
  type AuthorityRow,
} from "../../../core/report/authorityRows";
import { authorityColumns, tableText } from "../../../core/report/report";
import { makeCa } from "../config/fixtures";
import { configWith } from "../fixture";

const NOW = new Date("2026-06-01T00:00:00Z");
const DAY = 86_400;

const row = (changes: Partial<AuthorityRow> = {}): AuthorityRow => ({
  authority: "etcd",
  generation: 2,
  phase: "done",
  signs: true,
  subject: "CN=prod-etcd-ca-g2",
  serial: "ab",
  notBefore: "2018-01-01T00:00:00Z",
  notAfter: "2028-01-01T00:00:00Z",
  rotateBefore: "2027-01-01T00:00:00Z",
  ...changes,
});

describe("CAs of a stack", () => {
  it("are those that are trusted, the newest first, and never one whose key is unknown", () => {
    const listed = (rotation: unknown, more = {}) => listedGenerations(configWith({ rotation, ...more }), "kubernetes");
    assert.deepEqual(listed(undefined), [1]);
    assert.deepEqual(listed({ generation: 3, phase: "trust" }), [3, 2]);
    assert.deepEqual(listed({ generation: 3, phase: "issue" }), [3, 2]);
    assert.deepEqual(listed({ generation: 3 }), [3]);
    const pin = "ab".repeat(32);
    const adopt = { kubernetes: pin, etcd: pin, frontProxy: pin };
    assert.deepEqual(listed({ generation: 1, phase: "issue" }, { adopt }), [1]);
  });

  it("sign or are only trusted, by the phase, and are to be rotated before their longest leaf would outlive them", async () => {
    const ca = await makeCa("etcd");
    const at = (phase: string, generation: number) =>
      authorityRow(configWith({ rotation: { generation: 2, phase } }), "etcd", generation, ca.certificate);
    assert.deepEqual(
      [at("trust", 1), at("trust", 2), at("issue", 1), at("issue", 2)].map(({ signs }) => signs),
      [true, false, false, true],
    );
    const profiles = { "etcd-peer": { validity: "100d" }, "etcd-server": { validity: "200d", enabled: false } };
    const config = configWith({ certificates: { validity: "30d", profiles } });
    const { notAfter, rotateBefore } = authorityRow(config, "etcd", 1, ca.certificate);
    assert.equal((Date.parse(notAfter) - Date.parse(rotateBefore)) / 1000, 100 * DAY);
  });

  it("are shown with what comes next", () => {
    const rows = [row(), row({ generation: 3, phase: "trust", signs: false }), row({ phase: "issue" })];
    assert.equal(
      tableText(authorityColumns(NOW), rows),
      [
        "CA    GENERATION  SUBJECT          STATE    SINCE       NOT AFTER   DAYS LEFT  PHASE  NEXT",
        "etcd           2  prod-etcd-ca-g2  signs    2018-01-01  2028-01-01        579  done   rotate before 2027-01-01",
        "etcd           3  prod-etcd-ca-g2  trusted  2018-01-01  2028-01-01        579  trust  phase issue",
        "etcd           2  prod-etcd-ca-g2  signs    2018-01-01  2028-01-01        579  issue  phase done",
        "",
      ].join("\n"),
    );
  });

  it("are warned of a year and a month before, and more urgently once it is late", () => {
    const said = (rotateBefore: string, changes: Partial<AuthorityRow> = {}) =>
      endingCa(row({ rotateBefore, ...changes }), NOW);
    assert.equal(said("2027-06-02T00:00:00Z"), undefined);
    assert.equal(
      said("2027-06-01T00:00:00Z"),
      "etcd: the CA CN=prod-etcd-ca-g2 expires 2028-01-01T00:00:00Z, and certificates of their full validity can be " +
        "issued for 365 more days; set rotation.generation to 3 this year",
    );
    assert.match(said("2026-06-30T00:00:00Z") ?? "", /for 29 more days; set rotation\.generation to 3 this month$/);
    assert.match(said("2026-05-01T00:00:00Z") ?? "", /would outlive it; set rotation\.generation to 3 now$/);
    assert.match(
      said("2025-05-01T00:00:00Z", { notAfter: "2026-05-01T00:00:00Z" }) ?? "",
      /^etcd: the CA CN=prod-etcd-ca-g2 expired 2026-05-01T00:00:00Z; set rotation\.generation to 3$/,
    );
    assert.equal(said("2026-05-01T00:00:00Z", { signs: false }), undefined, "one that goes anyway");
  });

  it("that live for weeks are warned of in their last tenth only", () => {
    const short = { notBefore: "2026-05-22T00:00:00Z", notAfter: "2026-08-30T00:00:00Z" };
    assert.equal(endingCa(row({ ...short, rotateBefore: "2026-06-12T00:00:00Z" }), NOW), undefined);
    assert.notEqual(endingCa(row({ ...short, rotateBefore: "2026-06-11T00:00:00Z" }), NOW), undefined);
  });

  it("count within a window of the reader's", () => {
    const late = row({ rotateBefore: "2026-06-11T00:00:00Z" });
    assert.equal(isToRotateWithin(late, NOW, 10 * DAY), true);
    assert.equal(isToRotateWithin(late, NOW, 10 * DAY - 1), false);
    assert.match(rotationDueText(late, NOW), /for 10 more days/);
  });
});
