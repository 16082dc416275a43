import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vault from "@pulumi/vault";
import { OpenBao } from "../../lab/openbao";
import { errorsOf, repeatsLostCalls, TestStack } from "../../lab/plugins/testStack";

const DAY = 86_400;

/** What a role for kubelets says. */
const kubelet = {
  name: "kubelet",
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
};

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
  this.timeout(120_000);
  repeatsLostCalls(this);
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

  it("never has enough of revocation lists whose expiry is not given", async () => {
    const crl = { autoRebuild: true };
    await up({ crl });
    assert.deepEqual(changed(await up({ crl })), { crl: ["update"] });
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
    await server.must("POST", "pki/it/config/auto-tidy", { tidy_revoked_certs: true });
    await stack.refresh();
    assert.deepEqual(changed(await up({ mount: { maxLeaseTtlSeconds: 1000 * DAY }, tidy: "48h" })), {
      tidy: ["update"],
    });
    assert.equal((await server.must("GET", "pki/it/config/auto-tidy"))["tidy_revoked_certs"], false);
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

  describe("with CAs in two mounts", () => {
    beforeEach(async () => {
      for (const path of ["root", "it"])
        await server.must("POST", `sys/mounts/pki/${path}`, { type: "pki", config: { max_lease_ttl: "90000h" } });
    });
    afterEach(() => server.api("DELETE", "sys/mounts/pki/root"));

    const mount = "pki/it";
    const twoRoots = () => {
      const on = { provider: new vault.Provider("it", { address: server.address, skipChildToken: true }) };
      const [first, second] = ["first", "second"].map(
        (name) =>
          new vault.pkisecret.SecretBackendRootCert(
            name,
            { backend: "pki/root", type: "internal", commonName: name, issuerName: name, keyType: "ec", keyBits: 256 },
            on,
          ),
      );
      return { on, first: first!, second: second! };
    };
    const applied = async (wanted: () => Record<string, unknown>) => {
      const run = await stack.up(wanted);
      assert.equal(run.failed, false, errorsOf(run));
      return changed(run);
    };
    /** Everything that the state holds. */
    const held = async () => {
      const { resources } = (await stack.exported()) as { resources: Record<string, unknown>[] };
      return resources.map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }));
    };

    describe("of which one signs the other", () => {
      /** A CA whose key is made in one mount, signed by the second root of the other, and a certificate of it. */
      const chain = (urls?: vault.pkisecret.SecretBackendConfigUrlsArgs) => () => {
        const { on, first, second } = twoRoots();
        const backend = mount;
        const at = `${server.address}/v1/${backend}`;
        const cluster = new vault.pkisecret.BackendConfigCluster("cluster", { backend, path: at, aiaPath: at }, on);
        const templates = {
          enableTemplating: true,
          issuingCertificates: ["{{cluster_aia_path}}/issuer/{{issuer_id}}/der"],
          crlDistributionPoints: ["{{cluster_path}}/issuer/{{issuer_id}}/crl/der"],
        };
        const settled = new vault.pkisecret.SecretBackendConfigUrls("urls", urls ?? { backend, ...templates }, {
          ...on,
          dependsOn: cluster,
        });
        const subject = { commonName: "below", excludeCnFromSans: true };
        const request = new vault.pkisecret.SecretBackendIntermediateCertRequest(
          "request",
          {
            backend,
            type: "internal",
            ...subject,
            keyType: "ec",
            keyBits: 256,
            keyName: "k",
            addBasicConstraints: true,
          },
          on,
        );
        const { certificate } = new vault.pkisecret.SecretBackendRootSignIntermediate(
          "intermediate",
          { backend: "pki/root", issuerRef: "second", csr: request.csr, ...subject, maxPathLength: 0, ttl: "1000h" },
          { ...on, dependsOn: [first, second] },
        );
        const { importedIssuers } = new vault.pkisecret.SecretBackendIntermediateSetSigned(
          "signed",
          { backend, certificate },
          on,
        );
        const { issuerId } = new vault.pkisecret.SecretBackendIssuer(
          "issuer",
          { backend, issuerRef: importedIssuers.apply(([id = ""]) => id), issuerName: "below" },
          on,
        );
        new vault.pkisecret.SecretBackendConfigIssuers("default", { backend, default: issuerId }, on);
        const role = new vault.pkisecret.SecretBackendRole("role", { backend, issuerRef: issuerId, ...kubelet }, on);
        const signed = new vault.pkisecret.SecretBackendSign(
          "leaf",
          { backend, name: role.name, csr, commonName: "system:node:cp1", excludeCnFromSans: true, ttl: "240h" },
          { ...on, dependsOn: settled },
        );
        const cas = [first.certificate, second.certificate, certificate];
        return { leaf: signed.certificate, cas, issuer: issuerId, key: request.keyId };
      };

      it("signs with it, changes nothing the second time, and finds nothing in a refresh", async () => {
        await applied(chain());
        const pems = (await stack.output("cas")) as string[];
        const [first, second, below] = pems.map((pem) => new X509Certificate(pem));
        const id = String(await stack.output("issuer"));
        assert.ok(below!.verify(second!.publicKey));
        assert.ok(!below!.verify(first!.publicKey));
        assert.equal(below!.ca, true);
        assert.ok((await leaf()).verify(below!.publicKey));
        const found = await server.must("GET", `${mount}/issuer/below`);
        assert.deepEqual([found["issuer_id"], found["key_id"]], [id, await stack.output("key")]);
        assert.equal((await server.must("GET", `${mount}/key/k`))["key_id"], found["key_id"]);
        assert.equal((await server.must("GET", `${mount}/config/issuers`))["default"], id);
        const ids = await Promise.all(
          ["request", "intermediate", "signed", "issuer"].map((name) => stack.stored(name)),
        );
        assert.match(String(ids[0]!.id), /^pki\/it\/issuers\/generate\/intermediate\/internal\/[0-9a-f-]{36}$/);
        assert.equal(ids[1]!.id, "pki/root/issuer/second/sign-intermediate/below");
        assert.match(String(ids[2]!.id), /^pki\/it\/intermediate\/set-signed\/[0-9a-f-]{36}$/);
        assert.equal(ids[3]!.id, `pki/it/issuer/${id}`);
        assert.deepEqual(await applied(chain()), {});
        const before = await held();
        await stack.refresh();
        assert.deepEqual(await held(), before);
      });

      it("puts URLs in what it signs, empties those not given any more, and writes another mount's there", async () => {
        await applied(chain());
        const at = `${server.address}/v1/${mount}/issuer/${String(await stack.output("issuer"))}`;
        const certificate = await leaf();
        assert.equal(certificate.infoAccess?.trim(), `CA Issuers - URI:${at}/der`);
        assert.ok(certificate.raw.includes(`${at}/crl/der`));
        const fixed = { issuingCertificates: ["http://ca/ca.der"] };
        assert.deepEqual(await applied(chain({ backend: mount, ...fixed })), { urls: ["update"] });
        const there = await server.must("GET", `${mount}/config/urls`);
        assert.deepEqual([there["crl_distribution_points"], there["enable_templating"]], [[], false]);
        assert.deepEqual(await applied(chain({ backend: mount, ...fixed })), {});
        const moved = { backend: "pki/root", issuingCertificates: ["http://ca/root.der"] };
        for (let round = 0; round < 2; round += 1) assert.deepEqual(await applied(chain(moved)), { urls: ["update"] });
        const read = async (path: string) => (await server.must("GET", `${path}/config/urls`))["issuing_certificates"];
        assert.deepEqual(await read("pki/root"), moved.issuingCertificates);
        assert.deepEqual(await read(mount), fixed.issuingCertificates);
      });

      it("takes the issuer away with the stack, and leaves its key and the settings of the mount", async () => {
        await applied(chain());
        const key = await stack.output("key");
        await stack.destroy();
        assert.equal((await server.api("LIST", `${mount}/issuers`)).status, 404);
        assert.deepEqual((await server.must("LIST", `${mount}/keys`))["keys"], [key]);
        assert.equal((await server.must("GET", `${mount}/config/urls`))["enable_templating"], true);
        assert.equal((await server.must("GET", `${mount}/config/cluster`))["path"], `${server.address}/v1/${mount}`);
      });

      it("forgets in a refresh what was in a mount that is gone, but not what was asked and signed for it", async () => {
        await applied(chain());
        for (const path of ["root", "it"]) await server.must("DELETE", `sys/mounts/pki/${path}`);
        const run = await stack.refresh();
        assert.equal(run.failed, false, errorsOf(run));
        const left = (await held()).map(({ urn }) => String(urn).split("::").pop());
        assert.deepEqual(left.sort(), ["intermediate", "it", "request", "standins-test"]);
      });
    });

    describe("an issuer that was there", () => {
      const most = 'path "*" { capabilities = ["create", "read", "update", "delete", "list"] }';
      interface Adopted extends Partial<vault.pkisecret.SecretBackendIssuerArgs> {
        readonly of?: "first" | "second";
      }
      const adopting =
        ({ of = "first", ...args }: Adopted) =>
        () => {
          const { on, ...roots } = twoRoots();
          const issuerRef = roots[of].issuerId;
          const issuer = new vault.pkisecret.SecretBackendIssuer(
            "issuer",
            { backend: "pki/root", issuerRef, ...args },
            on,
          );
          return { issuer: issuer.issuerId, first: roots.first.issuerId };
        };
      const issuers = async (...names: string[]) => {
        const found = await Promise.all(names.map((name) => server.api("GET", `pki/root/issuer/${name}`)));
        return found.map(({ status }) => status === 200);
      };

      it("changes only what differs, with a token that may patch", async () => {
        await applied(adopting({ issuerName: "mine", leafNotAfterBehavior: "truncate" }));
        assert.deepEqual(await applied(adopting({ issuerName: "other" })), { issuer: ["update"] });
        const { leaf_not_after_behavior: behavior } = await server.must("GET", "pki/root/issuer/other");
        assert.equal(behavior, "truncate");
        process.env["VAULT_TOKEN"] = await server.token(most);
        const run = await stack.up(adopting({ issuerName: "mine" }));
        assert.match(errorsOf(run), /error writing data to "pki\/root\/issuer\/.*", err=.*\n[^]*PATCH[^]*Code: 403/);
      });

      it("stays the same one when it is to be another, and differs for ever", async () => {
        await applied(adopting({ issuerName: "mine" }));
        for (let round = 0; round < 2; round += 1)
          assert.deepEqual(await applied(adopting({ of: "second", issuerName: "mine" })), { issuer: ["update"] });
        assert.equal(await stack.output("issuer"), await stack.output("first"));
        assert.deepEqual(await issuers("mine", "second"), [true, true]);
      });

      it("loses a name that is not given, in the second run", async () => {
        await applied(adopting({}));
        assert.deepEqual(await issuers("first"), [true]);
        assert.deepEqual(await applied(adopting({})), { issuer: ["update"] });
        assert.deepEqual(await issuers("first"), [false]);
        assert.deepEqual(await applied(adopting({})), {});
      });

      it("is forgotten in a refresh by a token that may not see it", async () => {
        await applied(adopting({ issuerName: "mine" }));
        const denied = ["pki/root/issuer/*", "sys/mounts"].map((path) => `path "${path}" { capabilities = ["deny"] }`);
        process.env["VAULT_TOKEN"] = await server.token([most, ...denied].join("\n"));
        const run = await stack.refresh();
        assert.equal(run.failed, false, errorsOf(run));
        assert.equal(await stack.stored("issuer"), undefined);
        assert.notEqual(await stack.stored("first"), undefined);
        assert.deepEqual(await issuers("mine"), [true]);
      });

      it("has to be there, and so has the mount whose cluster is described", async () => {
        const missing = await stack.up(adopting({ issuerRef: "third", issuerName: "mine" }));
        assert.match(
          errorsOf(missing),
          /error reading issuer at pki\/root\/issuer\/third, err=Error making API request/,
        );
        const nowhere = await stack.up(() => {
          const { on } = twoRoots();
          const args = { backend: "pki/none", path: server.address };
          new vault.pkisecret.BackendConfigCluster("cluster", args, on);
        });
        assert.match(errorsOf(nowhere), /no cluster config found at path pki\/none\/config\/cluster/);
      });
    });
  });
});
