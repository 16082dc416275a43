import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import * as vault from "@pulumi/vault";
import { errorsOf } from "../../lab/plugins/testStack";
import { changed, DAY, kubelet, leafOf, withServer } from "./vaultServer";

interface Options {
  trigger?: string;
  generations?: number;
  default?: number;
  role?: Partial<vault.pkisecret.SecretBackendRoleArgs>;
  sign?: Partial<vault.pkisecret.SecretBackendSignArgs>;
  mount?: Partial<vault.MountArgs>;
  tidy?: string;
  crl?: Partial<vault.pkisecret.SecretBackendCrlConfigArgs>;
}

describe("vault plugin", function () {
  const bao = withServer(this);

  /** A mount, its issuers, one role, one certificate. */
  const program = (options: Options) => () => {
    const provider = new vault.Provider("it", { address: bao.server.address, skipChildToken: true });
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
    const crl = { backend: mount.path, ...(options.crl ?? { expiry: "72h", autoRebuild: true }) };
    new vault.pkisecret.SecretBackendCrlConfig("crl", crl, on);
    new vault.pkisecret.BackendConfigAutoTidy(
      "tidy",
      { backend: mount.path, enabled: true, tidyCertStore: true, safetyBuffer: options.tidy ?? "72h" },
      on,
    );
    const role = new vault.pkisecret.SecretBackendRole(
      "role",
      {
        backend: mount.path,
        issuerRef: root.issuerId,
        ...kubelet,
        ...options.role,
      },
      on,
    );
    const signed = new vault.pkisecret.SecretBackendSign(
      "leaf",
      {
        backend: mount.path,
        name: role.name,
        csr: bao.csr,
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
    const run = await bao.stack.up(program(options));
    assert.equal(run.failed, false, errorsOf(run));
    return run;
  };
  it("signs what a role allows, as the role says, and changes nothing the second time", async () => {
    await up();
    const certificate = await leafOf(bao);
    const [root = ""] = (await bao.stack.output("roots")) as string[];
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
    const state = JSON.stringify(await bao.stack.exported());
    assert.ok(state.includes("BEGIN CERTIFICATE"));
    assert.ok(!state.includes(bao.server.rootToken));
    assert.doesNotMatch(state, /PRIVATE KEY/);
  });

  it("replaces a certificate by its trigger, and by a change of the ttl, of the role or by autoRenew never", async () => {
    await up({ trigger: "1" });
    const first = (await leafOf(bao)).serialNumber;
    const later = await up({
      trigger: "1",
      sign: { ttl: String(5 * DAY), autoRenew: true, minSecondsRemaining: 20 * DAY },
    });
    assert.deepEqual(changed(later), { leaf: ["update"] });
    const wider = await up({ trigger: "1", role: { maxTtl: String(20 * DAY), ttl: String(20 * DAY) } });
    assert.deepEqual(Object.keys(changed(wider)).sort(), ["leaf", "role"]);
    assert.equal((await leafOf(bao)).serialNumber, first);
    await up({ trigger: "2" });
    assert.notEqual((await leafOf(bao)).serialNumber, first);
  });

  it("renews by autoRenew only after a refresh has seen that it is due", async () => {
    const sign = { autoRenew: true, minSecondsRemaining: 20 * DAY };
    await up();
    const first = (await leafOf(bao)).serialNumber;
    assert.deepEqual(changed(await up({ sign })), { leaf: ["update"] });
    await bao.stack.refresh();
    await up({ sign });
    assert.notEqual((await leafOf(bao)).serialNumber, first);
  });

  it("never has enough of a role whose ttl is not in seconds", async () => {
    await up({ role: { maxTtl: "720h" } });
    assert.deepEqual(changed(await up({ role: { maxTtl: "720h" } })), { role: ["update"] });
  });

  it("never has enough of revocation lists whose expiry is not given", async () => {
    const crl = { autoRebuild: true };
    await up({ crl });
    assert.deepEqual(changed(await up({ crl })), { crl: ["update"] });
  });

  it("has one issuer for each root, the default where it was put, and deletes the issuer of one that goes", async () => {
    await up();
    const first = String(await bao.stack.output("issuer"));
    await up({ generations: 2, default: 1 });
    assert.equal((await bao.server.must("GET", "pki/it/config/issuers"))["default"], first);
    assert.deepEqual(changed(await up({ generations: 2, default: 1 })), {});
    await up({ generations: 2 });
    assert.notEqual((await bao.server.must("GET", "pki/it/config/issuers"))["default"], first);
    assert.equal(
      (await bao.server.must("GET", "pki/it/roles/kubelet"))["issuer_ref"],
      await bao.stack.output("issuer"),
    );
    await up({ generations: 2, default: 1 });
    await up();
    const { keys } = await bao.server.must("LIST", "pki/it/issuers");
    assert.deepEqual(keys, [first]);
  });

  it("makes a root anew whose issuer was deleted behind its back", async () => {
    await up();
    await bao.server.must("DELETE", `pki/it/issuer/${String(await bao.stack.output("issuer"))}`);
    const planned = await bao.stack.preview(program({}));
    assert.ok(planned.steps["g1"]?.includes("replace"), JSON.stringify(planned.steps));
  });

  it("tunes the mount, its list of revoked certificates and its tidying in place", async () => {
    await up();
    const run = await up({ mount: { maxLeaseTtlSeconds: 1000 * DAY }, tidy: "48h" });
    assert.deepEqual(changed(run), { mount: ["update"], tidy: ["update"] });
    assert.equal((await bao.server.must("GET", "sys/mounts/pki/it/tune"))["max_lease_ttl"], 1000 * DAY);
    assert.equal((await bao.server.must("GET", "pki/it/config/auto-tidy"))["safety_buffer"], 2 * DAY);
    assert.equal((await bao.server.must("GET", "pki/it/config/crl"))["auto_rebuild"], true);
    await bao.server.must("POST", "pki/it/config/auto-tidy", { tidy_revoked_certs: true });
    await bao.stack.refresh();
    assert.deepEqual(changed(await up({ mount: { maxLeaseTtlSeconds: 1000 * DAY }, tidy: "48h" })), {
      tidy: ["update"],
    });
    assert.equal((await bao.server.must("GET", "pki/it/config/auto-tidy"))["tidy_revoked_certs"], false);
  });

  it("says what the server said no to", async () => {
    const run = await bao.stack.up(program({ role: { allowedDomains: ["system:node:cp2"] } }));
    assert.match(errorsOf(run), /error creating certificate sign .* by kubelet for PKI secret backend "pki\/it"/);
    assert.match(errorsOf(run), /Code: 400/);
  });

  it("previews a fresh stack while the server is down, and fails on one that has a root", async () => {
    const elsewhere = { ...process.env, VAULT_ADDR: bao.server.address };
    Object.assign(process.env, elsewhere);
    await bao.server.powerOff();
    try {
      assert.equal((await bao.stack.preview(program({}))).failed, false);
      await bao.server.powerOn();
      await up();
      await bao.server.powerOff();
      const planned = await bao.stack.preview(program({}));
      assert.ok(planned.failed);
      assert.match(errorsOf(planned), /ECONNREFUSED/);
    } finally {
      await bao.server.powerOn();
    }
  });

  it("keeps a policy, and a role whose logins get it alone", async () => {
    await bao.server.must("POST", "sys/auth/logins", { type: "approle" });
    const at = "auth/logins/role/renewer";
    const access = (text: string) => () => {
      const on = { provider: new vault.Provider("it", { address: bao.server.address, skipChildToken: true }) };
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
      const run = await bao.stack.up(access(text));
      assert.equal(run.failed, false, errorsOf(run));
      return changed(run);
    };
    await set('path "a" { capabilities = ["read"] }');
    assert.deepEqual(await set('path "a" { capabilities = ["read"] }'), {});
    assert.deepEqual(await set('path "b" { capabilities = ["read"] }'), { policy: ["update"] });
    assert.match(String((await bao.server.must("GET", "sys/policies/acl/renew"))["policy"]), /path "b"/);
    await bao.stack.refresh();
    assert.deepEqual(await set('path "b" { capabilities = ["read"] }'), {});
    const { secret_id } = await bao.server.must("POST", `${at}/secret-id`);
    const { body } = await bao.server.api(
      "POST",
      "auth/logins/login",
      { role_id: await bao.stack.output("roleId"), secret_id },
      "",
    );
    const { policies, lease_duration: seconds } = body["auth"] as { policies: string[]; lease_duration: number };
    assert.deepEqual([policies, seconds], [["renew"], 60]);
    await bao.stack.destroy();
    assert.equal((await bao.server.api("GET", at)).status, 404);
    await bao.server.must("DELETE", "sys/auth/logins");
  });

  it("takes everything away with the stack", async () => {
    await up();
    await bao.stack.destroy();
    assert.equal((await bao.server.api("GET", "sys/mounts/pki/it/tune")).status, 400);
  });

  it("signs an intermediate for a key that stays where it is", async () => {
    const run = await bao.stack.up(() => {
      const provider = new vault.Provider("it", { address: bao.server.address });
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
        {
          backend: mount.path,
          csr: bao.csr,
          commonName: "signer",
          issuerRef: root.issuerId,
          maxPathLength: 0,
          ttl: "1000000",
        },
        { provider },
      );
      return { leaf: intermediate.certificate, root: root.certificate, bundle: intermediate.certificateBundle };
    });
    assert.equal(run.failed, false, errorsOf(run));
    const certificate = await leafOf(bao);
    assert.equal(certificate.ca, true);
    assert.equal(certificate.subject, "CN=signer");
    assert.ok(certificate.verify(new X509Certificate(String(await bao.stack.output("root"))).publicKey));
    assert.equal(String(await bao.stack.output("bundle")).split("BEGIN CERTIFICATE").length, 3);
  });
});
