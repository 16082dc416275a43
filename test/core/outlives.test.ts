import assert from "node:assert/strict";
import { outlivesProblem } from "../../core/outlives";
import { makeCa } from "./config/fixtures";

describe("a leaf and the end of its CA", () => {
  const at = async (leaf: string, ca: string) => {
    const [one, other] = await Promise.all([makeCa("leaf", { to: leaf }), makeCa("the CA", { to: ca })]);
    return outlivesProblem("cp1-apiserver", one.certificate, other.certificate);
  };

  it("is refused where it would end later, with both moments and what to do", async () => {
    assert.equal(
      await at("2037-03-01T00:00:00Z", "2036-11-22T00:00:00Z"),
      "cp1-apiserver: the certificate would end 2037-03-01T00:00:00Z, after its CA CN=the CA, which ends " +
        "2036-11-22T00:00:00Z; no service was given it: let the next generation sign (rotation, up to phase issue or done), " +
        "or give a shorter certificates.validity",
    );
  });

  it("is taken where it ends before, or as a first leaf that is as long as its CA", async () => {
    assert.equal(await at("2036-11-21T00:00:00Z", "2036-11-22T00:00:00Z"), undefined);
    assert.equal(await at("2036-11-22T00:00:30Z", "2036-11-22T00:00:00Z"), undefined);
  });
});
