import "reflect-metadata";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

  it("looks at every certificate of a bundle, and at each once", async () => {
    const good = made("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign");
    const weak = made("basicConstraints=CA:TRUE", "keyUsage=critical,keyCertSign");
    assert.deepEqual(
      (await lint([{ name: "bundle", pem: good + weak }])).map((sentence) => sentence.replace(/ \(Basic.*/, "")),
      ["bundle (2): e_basic_constraints_not_critical: error"],
    );
    assert.equal(await assertLintClean(["one", "other"].map((name) => ({ name, pem: good }))), 1);
    await assert.rejects(lint([{ name: "empty", pem: "" }]), /empty: no certificate/);
  });

  it("accepts what kubeadm does: CAs of RSA with keyEncipherment, leaves without a subject key identifier", async () => {
    const keys = ["-pkeyopt", "rsa_keygen_bits:2048", "-nodes", "-config", "/dev/null"];
    const at = (name: string): string => join(folder, name);
    const openssl = (...argv: readonly string[]): void => {
      execFileSync("openssl", argv, { stdio: "pipe" });
    };
    // prettier-ignore
    openssl("req", "-x509", "-newkey", "rsa", ...keys, "-days", "30", "-keyout", at("ca.key"), "-out", at("ca.crt"),
      "-subj", "/CN=kubernetes", "-addext", "basicConstraints=critical,CA:TRUE",
      "-addext", "keyUsage=critical,digitalSignature,keyEncipherment,keyCertSign");
    openssl("req", "-newkey", "rsa", ...keys, "-keyout", at("leaf.key"), "-out", at("leaf.csr"), "-subj", "/CN=leaf");
    writeFileSync(
      at("leaf.ext"),
      "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n" +
        "extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=none\nauthorityKeyIdentifier=keyid\n",
    );
    // prettier-ignore
    openssl("x509", "-req", "-in", at("leaf.csr"), "-CA", at("ca.crt"), "-CAkey", at("ca.key"), "-CAcreateserial",
      "-days", "20", "-extfile", at("leaf.ext"), "-out", at("leaf.crt"));
    const pair = ["ca", "leaf"].map((name) => ({ name, pem: readFileSync(at(`${name}.crt`), "utf8") }));
    assert.equal(await assertLintClean(pair), 2);
  });
});
