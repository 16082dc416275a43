import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secret, unsecret, type Output } from "@pulumi/pulumi";
import * as tls from "@pulumi/tls";
import { utils } from "ssh2";
import { errorsOf, isSecret, TestStack } from "../../lab/plugins/testStack";
import { chain, leafUses } from "./tlsChain";

describe("tls plugin", function () {
  this.timeout(120_000);
  let stack: TestStack;
  let folder: string;
  const output = async (name: string): Promise<string> => String(await stack.output(name));
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const openssl = (...args: string[]): string => execFileSync("openssl", args, { encoding: "utf8", stdio: "pipe" });
  const shown = (pem: string, ...what: string[]): string =>
    openssl("x509", "-noout", ...what, "-in", file("shown", pem));

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-tls-"));
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes keys of every algorithm, in the official forms", async () => {
    const asked: Record<string, [tls.PrivateKeyArgs, string]> = {
      rsa: [{ algorithm: "RSA" }, "RSA PRIVATE KEY"],
      rsa3072: [{ algorithm: "RSA", rsaBits: 3072 }, "RSA PRIVATE KEY"],
      p224: [{ algorithm: "ECDSA" }, "EC PRIVATE KEY"],
      p256: [{ algorithm: "ECDSA", ecdsaCurve: "P256" }, "EC PRIVATE KEY"],
      p384: [{ algorithm: "ECDSA", ecdsaCurve: "P384" }, "EC PRIVATE KEY"],
      p521: [{ algorithm: "ECDSA", ecdsaCurve: "P521" }, "EC PRIVATE KEY"],
      ed25519: [{ algorithm: "ED25519" }, "PRIVATE KEY"],
    };
    const run = await stack.up(() => {
      const exported: Record<string, Output<unknown>> = {};
      for (const [name, [args]] of Object.entries(asked)) {
        const key = new tls.PrivateKey(name, args);
        exported[name] = unsecret(key.privateKeyPem.apply((pem) => pem));
        exported[`${name}-pkcs8`] = unsecret(key.privateKeyPemPkcs8);
        exported[`${name}-openssh`] = unsecret(key.privateKeyOpenssh);
      }
      return exported;
    });
    assert.equal(run.failed, false);
    for (const [name, [args, label]] of Object.entries(asked)) {
      const stored = (await stack.stored(name))?.outputs ?? {};
      const pem = await output(name);
      const key = createPrivateKey(pem);
      const spki = createPublicKey(key).export({ format: "der", type: "spki" });
      assert.ok(pem.startsWith(`-----BEGIN ${label}-----\n`), `${name}: ${pem.slice(0, 40)}`);
      assert.ok(createPrivateKey(await output(`${name}-pkcs8`)).equals(key), `${name}: PKCS#8`);
      assert.match(await output(`${name}-pkcs8`), /^-----BEGIN PRIVATE KEY-----\n/);
      assert.equal(
        createPublicKey(String(stored["publicKeyPem"])).export({ format: "der", type: "spki" }).compare(spki),
        0,
      );
      assert.equal((await stack.stored(name))?.id, createHash("sha1").update(spki).digest("hex"));
      if (args.algorithm === "RSA") assert.equal(key.asymmetricKeyDetails?.modulusLength, stored["rsaBits"]);
      for (const form of ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"]) {
        assert.ok(isSecret(stored[form]), `${name}: ${form} is secret`);
      }
      if (name === "p224") {
        assert.deepEqual([stored["publicKeyOpenssh"], await output("p224-openssh")], ["", ""]);
        continue;
      }
      const [parsed, line] = [utils.parseKey(await output(`${name}-openssh`)), String(stored["publicKeyOpenssh"])];
      if (parsed instanceof Error) throw parsed;
      const wire = Buffer.from(line.split(" ")[1] ?? "", "base64");
      assert.deepEqual(parsed.getPublicSSH(), wire, `${name}: private and public SSH key`);
      assert.ok(line.endsWith("\n"));
      const [, md5, sha256] = /^(\S+) (\S+)$/.exec(fingerprintsOf(line)) ?? [];
      assert.equal(stored["publicKeyFingerprintMd5"], md5);
      assert.equal(stored["publicKeyFingerprintSha256"], sha256);
    }
  });

  /** As ssh-keygen prints them. */
  function fingerprintsOf(line: string): string {
    const print = (hash: string): string =>
      execFileSync("ssh-keygen", ["-l", "-E", hash, "-f", file("key.pub", line)], { encoding: "utf8" }).split(" ")[1] ??
      "";
    return `${print("md5").replace(/^MD5:/, "")} ${print("sha256")}`;
  }

  it("signs a certificate that openssl verifies, with everything the request asks for", async () => {
    const subject = { commonName: "kube-apiserver", organization: "system:masters", organizationalUnit: "ops & more" };
    const names = {
      dnsNames: ["kubernetes", "*.example.org"],
      ipAddresses: ["10.96.0.1", "fd00::a:1", "::1"],
      uris: ["spiffe://a/b"],
    };
    await stack.up(chain({ subject, names, leaf: { setSubjectKeyId: true } }));
    const [caPem, pem] = [await output("ca"), await output("leaf")];
    const [ca, leaf] = [new X509Certificate(caPem), new X509Certificate(pem)];
    for (const purpose of ["sslserver", "sslclient"]) {
      openssl("verify", "-x509_strict", "-CAfile", file("ca.pem", caPem), "-purpose", purpose, file("leaf.pem", pem));
    }
    assert.equal(leaf.subject, "O=system:masters\nOU=ops & more\nCN=kube-apiserver");
    assert.equal(leaf.issuer, "CN=kubernetes");
    assert.equal(
      leaf.subjectAltName,
      "DNS:kubernetes, DNS:*.example.org, IP Address:10.96.0.1, IP Address:FD00:0:0:0:0:0:A:1, IP Address:0:0:0:0:0:0:0:1, URI:spiffe://a/b",
    );
    assert.ok(leaf.checkPrivateKey(createPrivateKey(await output("key"))));
    assert.ok(ca.ca && !leaf.ca);
    const text = shown(pem, "-text");
    assert.match(text, /Key Usage: critical\s+Digital Signature, Key Encipherment\n/);
    assert.match(text, /Basic Constraints: critical\s+CA:FALSE/);
    assert.match(text, /Extended Key Usage: \n\s+TLS Web Server Authentication, TLS Web Client Authentication\n/);
    const keyId = (certificate: string, extension: string): string =>
      /([0-9A-F]{2}:){19}[0-9A-F]{2}/.exec(shown(certificate, "-ext", extension))?.[0] ?? "none";
    assert.equal(keyId(pem, "authorityKeyIdentifier"), keyId(caPem, "subjectKeyIdentifier"));
    assert.equal(keyId(pem, "subjectKeyIdentifier"), sha1OfPublicPoint(leaf));
    const stored = await stack.stored("leaf");
    assert.equal(BigInt(stored?.id ?? 0), BigInt(`0x${leaf.serialNumber}`));
    assert.equal(stored?.outputs?.["caKeyAlgorithm"], "ECDSA");
    const [start, end] = ["validityStartTime", "validityEndTime"].map((name) =>
      Date.parse(String(stored.outputs?.[name])),
    );
    assert.equal((end ?? 0) - (start ?? 0), 100 * 3_600_000);
    assert.equal(Date.parse(leaf.validTo), Math.floor((end ?? 0) / 1000) * 1000);
    assert.ok(Math.abs(Date.parse(leaf.validFrom) - Date.now()) < 60_000);
  });

  function sha1OfPublicPoint(certificate: X509Certificate): string {
    const spki = certificate.publicKey.export({ format: "der", type: "spki" });
    const digest = createHash("sha1").update(spki.subarray(-65)).digest("hex").toUpperCase();
    return digest.match(/../g)?.join(":") ?? "";
  }

  it("writes a request that openssl accepts", async () => {
    await stack.up(chain({ subject: { commonName: "a", organization: "b" }, names: { dnsNames: ["c.d"] } }));
    const text = openssl("req", "-verify", "-noout", "-text", "-in", file("request", await output("request")));
    assert.match(text, /Subject: O = b, CN = a/);
    assert.match(text, /DNS:c\.d/);
    assert.equal((await stack.stored("request"))?.outputs?.["keyAlgorithm"], "ECDSA");
  });

  it("signs a request that openssl wrote, with every kind of CA key", async () => {
    const args = [
      "req",
      "-new",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      join(folder, "k"),
      "-subj",
      "/O=one/O=two/CN=n",
    ];
    const csr = openssl(...args, "-addext", "subjectAltName=DNS:x.y,IP:10.0.0.1");
    const cas = [
      ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
      ["genpkey", "-algorithm", "RSA"],
      ["genrsa", "-traditional", "2048"],
      ["genpkey", "-algorithm", "ED25519"],
    ].map((command) => {
      const key = openssl(...command);
      return {
        key,
        cert: openssl("req", "-x509", "-new", "-key", file("cakey", key), "-subj", "/CN=by hand", "-days", "9"),
      };
    });
    const run = await stack.up(() => ({
      certs: cas.map(
        ({ key, cert }, i) =>
          new tls.LocallySignedCert(`leaf${String(i)}`, {
            certRequestPem: csr,
            caPrivateKeyPem: secret(key),
            caCertPem: cert,
            validityPeriodHours: 1,
            allowedUses: leafUses,
          }).certPem,
      ),
    }));
    assert.equal(run.failed, false, errorsOf(run));
    const certs = (await stack.output("certs")) as string[];
    for (const [i, pem] of certs.entries()) {
      openssl("verify", "-CAfile", file("ca.pem", cas[i]?.cert ?? ""), file("leaf.pem", pem));
      // Go writes several organizations as one relative name of several values.
      assert.equal(shown(pem, "-subject").trim(), "subject=O = one + O = two, CN = n");
      assert.match(shown(pem, "-ext", "subjectAltName"), /DNS:x\.y, IP Address:10\.0\.0\.1/);
    }
  });

  it("refuses a CA certificate that is not of the CA key", async () => {
    const other = openssl(
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-keyout",
      join(folder, "k"),
      "-subj",
      "/CN=o",
    );
    const run = await stack.up(chain({ leaf: { caCertPem: other } }));
    assert.match(errorsOf(run), /provided PrivateKey doesn't match parent's PublicKey/);
    assert.equal(await stack.stored("leaf"), undefined);
  });

  it("gives a CA its path length, and a self-signed certificate its authority key identifier on request", async () => {
    await stack.up(chain({ ca: { maxPathLength: 1, setAuthorityKeyId: true } }));
    const text = shown(await output("ca"), "-text");
    assert.match(text, /Basic Constraints: critical\s+CA:TRUE, pathlen:1/);
    assert.match(text, /Authority Key Identifier/);
    assert.match(text, /Key Usage: critical\s+Digital Signature, Certificate Sign, CRL Sign\n/);
  });

  it("names a wrong input before anything is made", async () => {
    const wrong = () => {
      new tls.PrivateKey("a", { algorithm: "DSA" });
      new tls.PrivateKey("b", { algorithm: "ECDSA", ecdsaCurve: "P999" });
    };
    const messages = errorsOf(await stack.up(wrong));
    assert.match(messages, /algorithm[\s\S]*"DSA"|ecdsaCurve[\s\S]*"P999"/);
    assert.equal(await stack.stored("a"), undefined);
    const use = await stack.preview(chain({ ca: { allowedUses: ["server"] } }));
    assert.match(errorsOf(use), /"server"/);
  });
});
