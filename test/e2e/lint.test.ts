import "reflect-metadata";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertLintClean, lint } from "./lint";

describe("the linter", function () {
  this.timeout(120_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-lint-test-"));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** A certificate that signs itself, with these extensions. */
  const made = (...extensions: readonly string[]): string => {
    const out = join(folder, "crt");
    // prettier-ignore
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
      "-keyout", join(folder, "key"), "-out", out, "-subj", "/CN=ca", "-config", "/dev/null",
      ...extensions.flatMap((extension) => ["-addext", extension])], { stdio: "pipe" });
    return readFileSync(out, "utf8");
  };

  it("has nothing to say of a CA as it should be, and names what is wrong with others", async () => {
    const good = made("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign");
    const leaf = made("basicConstraints=critical,CA:FALSE", "keyUsage=critical,keyCertSign");
    const weak = made("basicConstraints=CA:TRUE", "keyUsage=critical,keyCertSign");
    assert.equal(await assertLintClean([{ name: "good", pem: good }]), 1);
    const found = await lint([
      { name: "good", pem: good },
      { name: "leaf", pem: leaf },
      { name: "weak", pem: weak },
    ]);
    assert.deepEqual(found.map((sentence) => sentence.replace(/ \(.*/, "")).sort(), [
      "leaf: e_ext_authority_key_identifier_no_key_identifier: error",
      "leaf: e_ext_key_usage_cert_sign_without_ca: error",
      "weak: e_basic_constraints_not_critical: error",
    ]);
  });
});
