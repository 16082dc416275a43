import assert from "node:assert/strict";
import { olderChange, type IssuedTo } from "../../../core/drift/older";
import { parsedCertificate, plainSerial } from "../../../core/format/x509";
import { makeCa } from "../config/fixtures";

const BEGAN = new Date("2026-06-01T12:00:00Z");

describe("certificates that a node has not got", () => {
  let pem: string;
  let serial: string;
  const issued = (at: string): readonly IssuedTo[] => [{ profile: "apiserver", certificatePem: pem, issued: at }];
  before(async () => {
    ({ certificate: pem } = await makeCa("any"));
    serial = plainSerial(parsedCertificate(pem)?.serialNumber ?? "");
  });

  it("are told where an earlier run has issued them", () => {
    const change = olderChange({ apiserver: "1", kubelet: "2" }, issued("2026-06-01T11:58:00Z"), BEGAN);
    assert.match(
      change?.text ?? "",
      /^apiserver: not the certificate that the stack has issued; an earlier run did not/,
    );
    assert.deepEqual([change?.by, change?.leaves], [["apply"], ["apiserver"]]);
    assert.ok(olderChange({ kubelet: "2" }, issued("2026-06-01T11:58:00Z"), BEGAN));
  });

  it("are told by a preview whenever they were issued", () => {
    assert.ok(olderChange({ apiserver: "1" }, issued("2026-06-01T12:01:00Z"), undefined));
    assert.equal(olderChange({ apiserver: serial }, issued("2026-06-01T12:01:00Z"), undefined), undefined);
  });

  for (const [title, given, at] of [
    ["where the node has it", () => ({ apiserver: serial }), "2026-06-01T11:58:00Z"],
    ["where this run issues it, dated back as Vault does", () => ({ apiserver: "1" }), "2026-06-01T11:59:31Z"],
    ["of a node that was given nothing yet", () => ({}), "2026-06-01T11:58:00Z"],
    ["of a node that could not tell what it has got", () => ({ apiserver: "-" }), "2026-06-01T11:58:00Z"],
  ] as const)
    it(`are none ${title}`, () => {
      assert.equal(olderChange(given(), issued(at), BEGAN), undefined);
    });
});
