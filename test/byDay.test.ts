import assert from "node:assert/strict";
import { DAY_MINUTES, playedOn, shares } from "./byDay";
import { SCENARIOS } from "./e2e/scenarios";

describe("the scenarios of a day", () => {
  const days = shares();

  it("are known, and none is there twice", () => {
    const all = days.flat().map(([, ...played]) => played.join(" "));
    assert.deepEqual(all, [...new Set(all)]);
    const names = new Set(SCENARIOS.map(({ name }) => name));
    assert.deepEqual(
      days.flat().filter(([, name]) => !names.has(name)),
      [],
    );
  });

  it("fit into the day's minutes, or are one that does not", () => {
    for (const share of days)
      assert.ok(
        share.length === 1 || share.reduce((sum, [minutes]) => sum + minutes, 0) <= DAY_MINUTES,
        JSON.stringify(share),
      );
  });

  it("go through a rotation, or are long", () => {
    for (const [day, share] of days.entries()) {
      const played = playedOn(day).map(([name]) => name);
      const isLong = share.some(([minutes]) => minutes > DAY_MINUTES);
      assert.ok(isLong || played.some((name) => /^rotation|vip|adoption|foreign-ca|token-signer/.test(name)));
      assert.ok(!isLong || !played.includes("rotation"), played.join());
    }
  });

  it("are others the next day, and the same again when all were played", () => {
    assert.deepEqual(playedOn(0), playedOn(days.length));
    assert.notDeepEqual(playedOn(0), playedOn(1));
    assert.ok(playedOn(1).some(([name]) => name === days[1]?.[0]?.[1]));
  });
});
