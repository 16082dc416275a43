import "reflect-metadata";
import assert from "node:assert/strict";
import { grantedValidity, outlivesProblem } from "../../../core/certificates/validity";
import { makeCa } from "../config/fixtures";

const DAY = 86_400;

describe("granted validity", () => {
  let pem: string;
  before(async () => {
    pem = (await makeCa("any", { from: "2026-06-01T00:00:00Z", to: "2026-07-01T00:00:00Z" })).certificate;
  });

  it("is read off the certificate", () => {
    assert.deepEqual(grantedValidity("prod-cp1-apiserver", pem, 30 * DAY, "it"), {
      issued: "2026-06-01T00:00:00.000Z",
      expires: "2026-07-01T00:00:00.000Z",
    });
  });

  it("may be half a minute off, as servers date back", () => {
    grantedValidity("prod-cp1-apiserver", pem, 30 * DAY + 30, "it");
  });

  it("is refused when it is shorter than what was asked for", () => {
    assert.throws(() => grantedValidity("prod-cp1-apiserver", pem, 31 * DAY, "the role apiserver-g1"), {
      message:
        "prod-cp1-apiserver: asked for 31d, but the certificate is valid for only 30d: the role apiserver-g1 allows no " +
        "more; raise that limit or set a shorter validity in the stack file, then run `pulumi up --replace '**prod-cp1-apiserver'`",
    });
  });
});

describe("a leaf and the end of its CA", () => {
  const at = async (leaf: string, ca: string) => {
    const [one, other] = await Promise.all([makeCa("leaf", { to: leaf }), makeCa("the CA", { to: ca })]);
    return outlivesProblem("cp1-apiserver", one.certificate, other.certificate);
  };

  it("is refused where it would end later, with both moments and what to do", async () => {
    assert.equal(
      await at("2037-03-01T00:00:00Z", "2036-11-22T00:00:00Z"),
      "cp1-apiserver: the certificate would expire 2037-03-01T00:00:00Z, after its CA CN=the CA, which expires 2036-11-22T00:00:00Z; no node received it: rotate the CA (to phase issue or done), or set a shorter certificates.validity",
    );
  });

  it("is taken where it ends before, or as a first leaf that is as long as its CA", async () => {
    assert.equal(await at("2036-11-21T00:00:00Z", "2036-11-22T00:00:00Z"), undefined);
    assert.equal(await at("2036-11-22T00:00:30Z", "2036-11-22T00:00:00Z"), undefined);
  });
});
