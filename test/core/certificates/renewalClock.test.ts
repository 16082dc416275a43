import assert from "node:assert/strict";
import fc from "fast-check";
import { renewedAt, offsetSeconds, renewalAt } from "../../../core/certificates/renewalClock";

const HOUR = 3600;
const DAY = 24 * HOUR;
const seconds = (date: Date): number => date.getTime() / 1000;

/** Any whole second from 2024 to 2060. */
const instant = fc.integer({ min: Date.UTC(2024, 0, 1) / 1000, max: Date.UTC(2060, 0, 1) / 1000 });
const name = fc.string({ minLength: 1, maxLength: 20 });
const lifetime = fc
  .record({
    validity: fc.integer({ min: 2 * HOUR, max: 3650 * DAY }),
    share: fc.double({ min: 0.05, max: 0.95, noNaN: true }),
  })
  .map(({ validity, share }) => ({ validity, period: Math.max(1, Math.floor(validity * share)) }));

describe("renewal clock", () => {
  it("keeps its promise: after an `up` at any moment each leaf has at least renewBefore left", () => {
    fc.assert(
      fc.property(instant, instant, name, lifetime, (a, b, leaf, { validity, period }) => {
        const [issued, up] = a < b ? [a, b] : [b, a];
        const then = renewalAt(new Date(issued * 1000), leaf, period);
        const now = renewalAt(new Date(up * 1000), leaf, period);
        // an `up` issues anew exactly when the epoch has moved on
        const issuedAt = now.epoch === then.epoch ? issued : up;
        const left = issuedAt + validity - up;
        assert.ok(left >= validity - period, `${String(left)} s left, promised ${String(validity - period)} s`);
      }),
    );
  });

  it("never goes back, and moves by one at each `next`", () => {
    fc.assert(
      fc.property(instant, name, lifetime, (at, leaf, { period }) => {
        const { epoch, dueSince, next } = renewalAt(new Date(at * 1000), leaf, period);
        assert.ok(seconds(dueSince) <= at && at < seconds(next));
        assert.equal(seconds(next) - seconds(dueSince), period);
        assert.equal(renewalAt(next, leaf, period).epoch, epoch + 1);
        assert.equal(renewalAt(new Date(next.getTime() - 1000), leaf, period).epoch, epoch);
      }),
    );
  });

  it("spreads names over the period", () => {
    const period = 240 * DAY;
    const tenths = Array<number>(10).fill(0);
    for (let index = 0; index < 2000; index += 1) {
      const tenth = Math.floor((offsetSeconds(`prod/node-${String(index)}`, period) / period) * 10);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
    for (const count of tenths) assert.ok(count > 120 && count < 280, `tenths of the period hold ${tenths.join(" ")}`);
  });

  it("gives the same answer for ever: a changed anchor or hash would renew every cluster at once", () => {
    const renewal = renewalAt(new Date("2026-11-22T00:00:00Z"), "prod/cp1", 240 * DAY);
    assert.deepEqual(
      { epoch: renewal.epoch, next: renewal.next.toISOString() },
      { epoch: 4, next: "2027-04-01T23:22:23.000Z" },
    );
  });

  it("has one more renewal where it is asked for, until the next of its own", () => {
    const day = (number: number): Date => new Date(Date.UTC(2027, 0, number));
    const renewal = { epoch: 7, dueSince: day(1), next: day(11) };
    assert.deepEqual(renewedAt(renewal, undefined, day(5)), renewal);
    assert.deepEqual(renewedAt(renewal, day(5), day(5)), { ...renewal, askedFor: day(5) });
    assert.deepEqual(renewedAt(renewal, day(5), day(10)), { ...renewal, askedFor: day(5) });
    assert.deepEqual(renewedAt(renewal, day(6), day(5)), { ...renewal, next: day(6) }, "to come");
    for (const overtaken of [day(1), day(-5), day(11), day(20)])
      assert.deepEqual(renewedAt(renewal, overtaken, day(5)), renewal);
  });
});
