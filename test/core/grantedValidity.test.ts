import "reflect-metadata";
import assert from "node:assert/strict";
import { makeCa } from "./config/fixtures";
import { grantedValidity } from "../../core/grantedValidity";

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
        "prod-cp1-apiserver: asked for 31d, but the certificate is valid for 30d only: the role apiserver-g1 allows no " +
        "more; raise that or shorten the validity in the stack file, then run `pulumi up --replace '**prod-cp1-apiserver'`",
    });
  });
});
