import assert from "node:assert/strict";
import { axisOf, percent } from "../../../../../core/report/forms/html/axis";

const at = (iso: string): Date => new Date(iso);

describe("axis of time", () => {
  it("holds every moment within its ends", () => {
    const moments = [at("2026-06-01"), at("2026-01-01"), at("2036-01-01")];
    const axis = axisOf(moments);
    for (const moment of moments) {
      const place = percent(axis, moment);
      assert.ok(place > 0 && place < 100, String(place));
    }
    assert.ok(percent(axis, at("2026-01-01")) < percent(axis, at("2026-06-01")));
  });

  const spans: readonly [string, string, readonly string[]][] = [
    ["2026-01-10T00:00:00Z", "2026-05-20T00:00:00Z", ["2026-02", "2026-03", "2026-04", "2026-05"]],
    [
      "2026-01-10T00:00:00Z",
      "2027-10-05T00:00:00Z",
      ["2026-01", "2026-04", "2026-07", "2026-10", "2027-01", "2027-04", "2027-07", "2027-10"],
    ],
    ["2020-03-01T00:00:00Z", "2036-03-01T00:00:00Z", ["2020", "2025", "2030", "2035"]],
  ];
  for (const [from, to, expected] of spans)
    it(`has few ticks from ${from.slice(0, 7)} to ${to.slice(0, 7)}`, () => {
      assert.deepEqual(
        axisOf([at(from), at(to)]).ticks.map(({ text }) => text),
        expected,
      );
    });

  it("has an extent also where everything is one moment", () => {
    assert.equal(percent(axisOf([at("2026-06-01")]), at("2026-06-01")), 50);
  });
});
