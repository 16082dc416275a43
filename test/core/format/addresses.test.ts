import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalIp, canonicalSan, cidrText, ipNumber, ipText, parseCidr } from "../../../core/format/addresses";

describe("addresses", () => {
  it("come back from numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (given) => {
        const ip = canonicalIp(given);
        if (ip === undefined) throw new Error(`refused ${given}`);
        const { value, bits } = ipNumber(ip);
        assert.equal(ipText(value, bits), ip);
        assert.equal(canonicalSan(ip), ip);
      }),
    );
  });

  it("are cut to their network", () => {
    const cut = (text: string) => {
      const network = parseCidr(text);
      return network === undefined ? undefined : cidrText(network);
    };
    assert.equal(cut("10.111.3.4/12"), "10.96.0.0/12");
    assert.equal(cut("fd00::ffff:1/108"), "fd00::fff0:0/108");
    assert.equal(cut("1.2.3.4/0"), "0.0.0.0/0");
    for (const wrong of ["1.2.3.4/33", "1.2.3/8", "::/129", "1.2.3.4/08", "/8", "1.2.3.4/"])
      assert.equal(cut(wrong), undefined);
  });
});
