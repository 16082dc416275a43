import assert from "node:assert/strict";
import { isDnsLabel, isDnsName } from "../../../core/format/dnsNames";

describe("DNS names", () => {
  it("follow RFC 1123 in lower case", () => {
    for (const name of ["a", "0a", "a-b", "a".repeat(63)]) assert.equal(isDnsLabel(name), true, name);
    for (const name of ["", "-a", "a-", "A", "a.b", "a_b", "a".repeat(64)]) assert.equal(isDnsLabel(name), false, name);
    assert.equal(isDnsName("a.b-c.d1"), true);
    for (const name of ["a..b", ".a", "a.", "a.B", `${"a.".repeat(126)}ab`]) assert.equal(isDnsName(name), false, name);
  });
});
