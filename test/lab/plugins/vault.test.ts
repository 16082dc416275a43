import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vault from "@pulumi/vault";
import { OpenBao } from "../openbao";
import { errorsOf, TestStack } from "./testStack";

const DAY = 86_400;

interface Options {
  trigger?: string;
  generations?: number;
  default?: number;
  role?: Partial<vault.pkisecret.SecretBackendRoleArgs>;
  sign?: Partial<vault.pkisecret.SecretBackendSignArgs>;
  mount?: Partial<vault.MountArgs>;
  tidy?: string;
}

describe("vault plugin", function () {
  this.timeout(120_000);
  let server: OpenBao;
  let stack: TestStack;
  let folder: string;
  let csr: string;
  const environment = { ...process.env };

  before(async () => {
    server = await OpenBao.start();
    folder = mkdtempSync(join(tmpdir(), "kube-pki-vault-"));
    // prettier-ignore
    execFileSync("openssl", ["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
      "-keyout", join(folder, "key"), "-out", join(folder, "csr"), "-subj", "/O=system:masters/CN=system:node:cp1",
      "-addext", "subjectAltName=DNS:cp1,IP:10.0.0.1"], { stdio: "pipe" });
    csr = readFileSync(join(folder, "csr"), "utf8");
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  });
  beforeEach(async () => {
    Object.assign(process.env, server.env());
    stack = await TestStack.create();
  });
  afterEach(async () => {
    process.env = { ...environment };
    await server.unseal();
    await server.api("DELETE", "sys/mounts/pki/it");
    stack.remove();
  });

  /** A mount, its issuers, one role, one certificate. */
  const program = (options: Options) => () => {
    const provider = new vault.Provider("it", { address: server.address, skipChildToken: true });
    const on = { provider };
    const mount = new vault.Mount(
      "mount",
      { path: "pki/it", type: "pki", maxLeaseTtlSeconds: 3650 * DAY, ...options.mount },
      on,
    );
    const roots = Array.from({ length: options.generations ?? 1 }, (_, index) => {
      const name = `g${String(index + 1)}`;
      const args = { commonName: `ca ${name}`, issuerName: name, keyType: "ec", keyBits: 256, ttl: "86400000" };
      return new vault.pkisecret.SecretBackendRootCert(
        name,
        { backend: mount.path, type: "internal", ...args, excludeCnFromSans: true },
        on,
      );
    });
    const at = options.default ?? roots.length;
    const root = roots[at - 1]!;
    new vault.pkisecret.SecretBackendConfigIssuers("default", { backend: mount.path, default: root.issuerId }, on);
    new vault.pkisecret.SecretBackendCrlConfig("crl", { backend: mount.path, autoRebuild: true }, on);
    new vault.pkisecret.BackendConfigAutoTidy(
      "tidy",
      { backend: mount.path, enabled: true, tidyCertStore: true, safetyBuffer: options.tidy ?? "72h" },
      on,
    );
    const role = new vault.pkisecret.SecretBackendRole(
      "role",
      {
        backend: mount.path,
        name: "kubelet",
        issuerRef: root.issuerId,
        allowedDomains: ["system:node:cp1", "cp1"],
        allowBareDomains: true,
        allowLocalhost: false,
        allowWildcardCertificates: false,
        enforceHostnames: false,
        organizations: ["system:nodes"],
        serverFlag: false,
        clientFlag: true,
        keyType: "ec",
        keyBits: 256,
        keyUsages: ["DigitalSignature", "KeyEncipherment"],
        basicConstraintsValidForNonCa: true,
        ttl: String(30 * DAY),
        maxTtl: String(30 * DAY),
        ...options.role,
      },
      on,
    );
    const signed = new vault.pkisecret.SecretBackendSign(
      "leaf",
      {
        backend: mount.path,
        name: role.name,
        csr,
        commonName: "system:node:cp1",
        excludeCnFromSans: true,
        ttl: String(10 * DAY),
        ...options.sign,
      },
      { ...on, ...(options.trigger === undefined ? {} : { replacementTrigger: options.trigger }) },
    );
    return { leaf: signed.certificate, roots: roots.map(({ certificate }) => certificate), issuer: root.issuerId };
  };

  const up = async (options: Options = {}) => {
    const run = await stack.up(program(options));
    assert.equal(run.failed, false, errorsOf(run));
    return run;
  };
  const leaf = async () => new X509Certificate(String(await stack.output("leaf")));
  const changed = (run: { steps: Readonly<Record<string, readonly string[]>> }) =>
    Object.fromEntries(Object.entries(run.steps).filter(([, ops]) => ops.some((op) => op !== "same")));

  it("signs what a role allows, as the role says, and changes nothing the second time", async () => {
    await up();
    const certificate = await leaf();
    const [root = ""] = (await stack.output("roots")) as string[];
    assert.ok(certificate.verify(new X509Certificate(root).publicKey));
    // the organization of the request is the role's business
    assert.equal(certificate.subject, "O=system:nodes\nCN=system:node:cp1");
    assert.equal(certificate.subjectAltName, "DNS:cp1, IP Address:10.0.0.1");
    assert.deepEqual(certificate.keyUsage, ["1.3.6.1.5.5.7.3.2"]);
    assert.equal(certificate.ca, false);
    const days = (Date.parse(certificate.validTo) - Date.now()) / DAY / 1000;
    assert.ok(days > 9.9 && days < 10.1, String(days));
    assert.deepEqual(changed(await up()), {});
  });

  it("keeps the token out of the state, and every key in the server", async () => {
    await up();
    const state = JSON.stringify(await stack.exported());
    assert.ok(state.includes("BEGIN CERTIFICATE"));
    assert.ok(!state.includes(server.rootToken));
    assert.doesNotMatch(state, /PRIVATE KEY/);
  });

  it("replaces a certificate by its trigger, and by a change of the ttl, of the role or by autoRenew never", async () => {
    await up({ trigger: "1" });
    const first = (await leaf()).serialNumber;
    const later = await up({
      trigger: "1",
      sign: { ttl: String(5 * DAY), autoRenew: true, minSecondsRemaining: 20 * DAY },
    });
    assert.deepEqual(changed(later), { leaf: ["update"] });
    const wider = await up({ trigger: "1", role: { maxTtl: String(20 * DAY), ttl: String(20 * DAY) } });
    assert.deepEqual(Object.keys(changed(wider)).sort(), ["leaf", "role"]);
    assert.equal((await leaf()).serialNumber, first);
    await up({ trigger: "2" });
    assert.notEqual((await leaf()).serialNumber, first);
  });

  it("renews by autoRenew only after a refresh has seen that it is due", async () => {
    const sign = { autoRenew: true, minSecondsRemaining: 20 * DAY };
    await up();
    const first = (await leaf()).serialNumber;
    assert.deepEqual(changed(await up({ sign })), { leaf: ["update"] });
    await stack.refresh();
    await up({ sign });
    assert.notEqual((await leaf()).serialNumber, first);
  });

  it("never has enough of a role whose ttl is not in seconds", async () => {
    await up({ role: { maxTtl: "720h" } });
    assert.deepEqual(changed(await up({ role: { maxTtl: "720h" } })), { role: ["update"] });
  });

  it("has one issuer for each root, the default where it was put, and deletes the issuer of one that goes", async () => {
    await up();
    const first = String(await stack.output("issuer"));
    await up({ generations: 2, default: 1 });
    assert.equal((await server.must("GET", "pki/it/config/issuers"))["default"], first);
    assert.deepEqual(changed(await up({ generations: 2, default: 1 })), {});
    await up({ generations: 2 });
    assert.notEqual((await server.must("GET", "pki/it/config/issuers"))["default"], first);
    assert.equal((await server.must("GET", "pki/it/roles/kubelet"))["issuer_ref"], await stack.output("issuer"));
    await up({ generations: 2, default: 1 });
    await up();
    const { keys } = await server.must("LIST", "pki/it/issuers");
    assert.deepEqual(keys, [first]);
  });

  it("makes a root anew whose issuer was deleted behind its back", async () => {
    await up();
    await server.must("DELETE", `pki/it/issuer/${String(await stack.output("issuer"))}`);
    const planned = await stack.preview(program({}));
    assert.ok(planned.steps["g1"]?.includes("replace"), JSON.stringify(planned.steps));
  });

  it("tunes the mount, its list of revoked certificates and its tidying in place", async () => {
    await up();
    const run = await up({ mount: { maxLeaseTtlSeconds: 1000 * DAY }, tidy: "48h" });
    assert.deepEqual(changed(run), { mount: ["update"], tidy: ["update"] });
    assert.equal((await server.must("GET", "sys/mounts/pki/it/tune"))["max_lease_ttl"], 1000 * DAY);
    assert.equal((await server.must("GET", "pki/it/config/auto-tidy"))["safety_buffer"], 2 * DAY);
    assert.equal((await server.must("GET", "pki/it/config/crl"))["auto_rebuild"], true);
  });

  it("says what the server said no to", async () => {
    const run = await stack.up(program({ role: { allowedDomains: ["system:node:cp2"] } }));
    assert.match(errorsOf(run), /error creating certificate sign .* by kubelet for PKI secret backend "pki\/it"/);
    assert.match(errorsOf(run), /Code: 400/);
  });

  it("previews a fresh stack while the server is down, and fails on one that has a root", async () => {
    const elsewhere = { ...process.env, VAULT_ADDR: server.address };
    Object.assign(process.env, elsewhere);
    await server.powerOff();
    try {
      assert.equal((await stack.preview(program({}))).failed, false);
      await server.powerOn();
      await up();
      await server.powerOff();
      const planned = await stack.preview(program({}));
      assert.ok(planned.failed);
      assert.match(errorsOf(planned), /ECONNREFUSED/);
    } finally {
      await server.powerOn();
    }
  });

  it("keeps a policy, and a role whose logins get it alone", async () => {
    await server.must("POST", "sys/auth/logins", { type: "approle" });
    const at = "auth/logins/role/renewer";
    const access = (text: string) => () => {
      const on = { provider: new vault.Provider("it", { address: server.address, skipChildToken: true }) };
      const policy = new vault.Policy("policy", { name: "renew", policy: text }, on);
      const role = new vault.approle.AuthBackendRole(
        "role",
        {
          backend: "logins",
          roleName: "renewer",
          tokenPolicies: [policy.name],
          tokenNoDefaultPolicy: true,
          tokenTtl: 60,
        },
        on,
      );
      return { roleId: role.roleId };
    };
    const set = async (text: string) => {
      const run = await stack.up(access(text));
      assert.equal(run.failed, false, errorsOf(run));
      return changed(run);
    };
    await set('path "a" { capabilities = ["read"] }');
    assert.deepEqual(await set('path "a" { capabilities = ["read"] }'), {});
    assert.deepEqual(await set('path "b" { capabilities = ["read"] }'), { policy: ["update"] });
    assert.match(String((await server.must("GET", "sys/policies/acl/renew"))["policy"]), /path "b"/);
    await stack.refresh();
    assert.deepEqual(await set('path "b" { capabilities = ["read"] }'), {});
    const { secret_id } = await server.must("POST", `${at}/secret-id`);
    const { body } = await server.api(
      "POST",
      "auth/logins/login",
      { role_id: await stack.output("roleId"), secret_id },
      "",
    );
    const { policies, lease_duration: seconds } = body["auth"] as { policies: string[]; lease_duration: number };
    assert.deepEqual([policies, seconds], [["renew"], 60]);
    await stack.destroy();
    assert.equal((await server.api("GET", at)).status, 404);
    await server.must("DELETE", "sys/auth/logins");
  });

  it("takes everything away with the stack", async () => {
    await up();
    await stack.destroy();
    assert.equal((await server.api("GET", "sys/mounts/pki/it/tune")).status, 400);
  });

  it("signs an intermediate for a key that stays where it is", async () => {
    const run = await stack.up(() => {
      const provider = new vault.Provider("it", { address: server.address });
      const mount = new vault.Mount(
        "mount",
        { path: "pki/it", type: "pki", maxLeaseTtlSeconds: 100 * DAY },
        { provider },
      );
      const root = new vault.pkisecret.SecretBackendRootCert(
        "root",
        { backend: mount.path, type: "internal", commonName: "root", keyType: "ec", keyBits: 256 },
        { provider },
      );
      const intermediate = new vault.pkisecret.SecretBackendRootSignIntermediate(
        "intermediate",
        { backend: mount.path, csr, commonName: "signer", issuerRef: root.issuerId, maxPathLength: 0, ttl: "1000000" },
        { provider },
      );
      return { leaf: intermediate.certificate, root: root.certificate, bundle: intermediate.certificateBundle };
    });
    assert.equal(run.failed, false, errorsOf(run));
    const certificate = await leaf();
    assert.equal(certificate.ca, true);
    assert.equal(certificate.subject, "CN=signer");
    assert.ok(certificate.verify(new X509Certificate(String(await stack.output("root"))).publicKey));
    assert.equal(String(await stack.output("bundle")).split("BEGIN CERTIFICATE").length, 3);
  });
});
