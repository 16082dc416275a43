import assert from "node:assert/strict";
import { closedText, DAYS, isOpen, isTimeZone, type Window } from "../../core/maintenanceWindow";

const NIGHT: Window = { days: ["Sat"], from: "22:00", to: "06:00", timeZone: "UTC" };
const NOON: Window = { days: [...DAYS], from: "12:00", to: "13:30", timeZone: "Europe/Paris" };

describe("a maintenance window", () => {
  const ROWS: readonly (readonly [string, Window, string, boolean])[] = [
    ["before it opens", NIGHT, "2026-11-28T21:59:59Z", false],
    ["when it opens", NIGHT, "2026-11-28T22:00:00Z", true],
    ["after midnight, on the day after", NIGHT, "2026-11-29T05:59:59Z", true],
    ["when it closes", NIGHT, "2026-11-29T06:00:00Z", false],
    ["on the morning of its own day", NIGHT, "2026-11-28T05:00:00Z", false],
    ["in the evening of another day", NIGHT, "2026-11-29T23:00:00Z", false],
    ["in its time zone, in winter", NOON, "2026-11-30T11:00:00Z", true],
    ["in its time zone, in summer", NOON, "2026-07-01T10:00:00Z", true],
    ["in another time zone", NOON, "2026-11-30T12:30:00Z", false],
    ["around the clock", { ...NIGHT, from: "00:00", to: "00:00", days: [...DAYS] }, "2026-11-30T12:30:00Z", true],
  ];
  for (const [when, window, at, expected] of ROWS)
    it(`is ${expected ? "open" : "closed"} ${when}`, () => {
      assert.equal(isOpen(window, new Date(at)), expected);
    });

  it("says when it opens next, and what to do", () => {
    const said = (window: Window, at: string) => closedText({ window, strategy: "rolling" }, new Date(at));
    assert.equal(
      said(NIGHT, "2026-11-30T12:00:30Z"),
      "rollout.window: it is closed now, and open Sat from 22:00 to 06:00 (UTC), next at 2026-12-05T22:00Z; run again then, or change the window",
    );
    assert.match(
      said(NOON, "2026-11-30T13:00:00Z") ?? "",
      /open daily from 12:00 to 13:30 \(Europe\/Paris\), next at 2026-12-01T11:00Z/,
    );
    assert.equal(said(NIGHT, "2026-11-28T23:00:00Z"), undefined);
  });

  it("keeps nobody from bringing back a dead cluster, and nobody who has none", () => {
    const at = new Date("2026-11-30T12:00:00Z");
    assert.equal(closedText({ window: NIGHT, strategy: "recover" }, at), undefined);
    assert.equal(closedText({ strategy: "rolling" }, at), undefined);
  });

  it("knows time zones", () => {
    assert.deepEqual(["UTC", "America/New_York", "Mars/Olympus", ""].map(isTimeZone), [true, true, false, false]);
  });
});
