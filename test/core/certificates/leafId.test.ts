import assert from "node:assert/strict";
import { dueBecause, leafId } from "../../../core/certificates/leafId";
import { renewalAt } from "../../../core/certificates/renewalClock";

const DAY = 86_400;
const renewal = renewalAt(new Date("2027-02-01T00:00:00Z"), "prod/cp1", 60 * DAY);
const id = (epoch: number, what: object, generation: number): string => leafId({ epoch }, what, generation);

describe("the id of a leaf", () => {
  const now = id(renewal.epoch, { commonName: "a" }, 1);

  it("is the same for the same, and another one for another period, content or authority", () => {
    assert.equal(id(renewal.epoch, { commonName: "a" }, 1), now);
    const others = [
      id(renewal.epoch + 1, { commonName: "a" }, 1),
      id(renewal.epoch, { commonName: "b" }, 1),
      id(renewal.epoch, { commonName: "a" }, 2),
    ];
    assert.equal(new Set([now, ...others]).size, 4);
    assert.deepEqual(dueBecause(now, now, renewal), []);
  });

  it("tells why the leaf is made anew, every reason of several", () => {
    const since = renewal.dueSince.toISOString().slice(0, 10);
    const epoch = String(renewal.epoch);
    assert.deepEqual(dueBecause(id(renewal.epoch - 1, { commonName: "b" }, 1), id(renewal.epoch, {}, 2), renewal), [
      "its authority changes (generation 1 -> 2)",
      `due for renewal since ${since} (period ${String(renewal.epoch - 1)} -> ${epoch})`,
      "its subject, names, usages, algorithm or validity change",
    ]);
  });

  it("counts from the first period that was missed", () => {
    const [why = ""] = dueBecause(id(renewal.epoch - 2, { commonName: "a" }, 1), now, renewal);
    const before = new Date(renewal.dueSince.getTime() - 60 * DAY * 1000).toISOString().slice(0, 10);
    assert.match(why, new RegExp(`since ${before} `));
  });

  it("is another one each time it is asked for, and the next period has one of its own again", () => {
    const asked = (at: string, epoch = renewal.epoch): string =>
      leafId({ epoch, askedFor: new Date(at) }, { commonName: "a" }, 1);
    const [first, second] = [asked("2027-01-02T03:04:05Z"), asked("2027-01-02T03:04:06Z")];
    assert.equal(new Set([now, first, second]).size, 3);
    assert.match(first, /^[a-z0-9][a-z0-9.-]{0,63}$/, "a name of the node protocol");
    assert.deepEqual(dueBecause(now, first, renewal), ["asked for at 2027-01-02T03:04:05Z (certificates.renewAt)"]);
    assert.deepEqual(dueBecause(first, second, renewal), ["asked for at 2027-01-02T03:04:06Z (certificates.renewAt)"]);
    assert.deepEqual(dueBecause(first, now, renewal), ["no longer asked for (certificates.renewAt)"]);
    const next = id(renewal.epoch + 1, { commonName: "a" }, 1);
    assert.match(dueBecause(first, next, undefined).join("; "), /^due for renewal \(period \d+ -> \d+\)$/);
  });

  it("says what it can of a text that is none", () => {
    assert.deepEqual(dueBecause(undefined, "1-aaaaaaaa-g1", undefined), [
      "its authority changes (generation ? -> 1)",
      "due for renewal (period ? -> 1)",
      "its subject, names, usages, algorithm or validity change",
    ]);
  });
});
