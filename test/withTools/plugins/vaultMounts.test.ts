import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import * as vault from "@pulumi/vault";
import { errorsOf } from "../../lab/plugins/testStack";
import { changed, kubelet, leafOf, withServer } from "./vaultServer";

describe("vault plugin, with CAs in two mounts", function () {
  const bao = withServer(this);

  beforeEach(async () => {
    for (const path of ["root", "it"])
      await bao.server.must("POST", `sys/mounts/pki/${path}`, { type: "pki", config: { max_lease_ttl: "90000h" } });
  });
  afterEach(() => bao.server.api("DELETE", "sys/mounts/pki/root"));

  const mount = "pki/it";
  const twoRoots = () => {
    const on = { provider: new vault.Provider("it", { address: bao.server.address, skipChildToken: true }) };
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
    const run = await bao.stack.up(wanted);
    assert.equal(run.failed, false, errorsOf(run));
    return changed(run);
  };
  /** Everything that the state holds. */
  const held = async () => {
    const { resources } = (await bao.stack.exported()) as { resources: Record<string, unknown>[] };
    return resources.map(({ urn, id, inputs, outputs }) => ({ urn, id, inputs, outputs }));
  };

  describe("of which one signs the other", () => {
    /** A CA whose key is made in one mount, signed by the second root of the other, and a certificate of it. */
    const chain = (urls?: vault.pkisecret.SecretBackendConfigUrlsArgs) => () => {
      const { on, first, second } = twoRoots();
      const backend = mount;
      const at = `${bao.server.address}/v1/${backend}`;
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
        { backend, name: role.name, csr: bao.csr, commonName: "system:node:cp1", excludeCnFromSans: true, ttl: "240h" },
        { ...on, dependsOn: settled },
      );
      const cas = [first.certificate, second.certificate, certificate];
      return { leaf: signed.certificate, cas, issuer: issuerId, key: request.keyId };
    };

    it("signs with it, changes nothing the second time, and finds nothing in a refresh", async () => {
      await applied(chain());
      const pems = (await bao.stack.output("cas")) as string[];
      const [first, second, below] = pems.map((pem) => new X509Certificate(pem));
      const id = String(await bao.stack.output("issuer"));
      assert.ok(below!.verify(second!.publicKey));
      assert.ok(!below!.verify(first!.publicKey));
      assert.equal(below!.ca, true);
      assert.ok((await leafOf(bao)).verify(below!.publicKey));
      const found = await bao.server.must("GET", `${mount}/issuer/below`);
      assert.deepEqual([found["issuer_id"], found["key_id"]], [id, await bao.stack.output("key")]);
      assert.equal((await bao.server.must("GET", `${mount}/key/k`))["key_id"], found["key_id"]);
      assert.equal((await bao.server.must("GET", `${mount}/config/issuers`))["default"], id);
      const ids = await Promise.all(
        ["request", "intermediate", "signed", "issuer"].map((name) => bao.stack.stored(name)),
      );
      assert.match(String(ids[0]!.id), /^pki\/it\/issuers\/generate\/intermediate\/internal\/[0-9a-f-]{36}$/);
      assert.equal(ids[1]!.id, "pki/root/issuer/second/sign-intermediate/below");
      assert.match(String(ids[2]!.id), /^pki\/it\/intermediate\/set-signed\/[0-9a-f-]{36}$/);
      assert.equal(ids[3]!.id, `pki/it/issuer/${id}`);
      assert.deepEqual(await applied(chain()), {});
      const before = await held();
      await bao.stack.refresh();
      assert.deepEqual(await held(), before);
    });

    it("puts URLs in what it signs, empties those not given any more, and writes another mount's there", async () => {
      await applied(chain());
      const at = `${bao.server.address}/v1/${mount}/issuer/${String(await bao.stack.output("issuer"))}`;
      const certificate = await leafOf(bao);
      assert.equal(certificate.infoAccess?.trim(), `CA Issuers - URI:${at}/der`);
      assert.ok(certificate.raw.includes(`${at}/crl/der`));
      const fixed = { issuingCertificates: ["http://ca/ca.der"] };
      assert.deepEqual(await applied(chain({ backend: mount, ...fixed })), { urls: ["update"] });
      const there = await bao.server.must("GET", `${mount}/config/urls`);
      assert.deepEqual([there["crl_distribution_points"], there["enable_templating"]], [[], false]);
      assert.deepEqual(await applied(chain({ backend: mount, ...fixed })), {});
      const moved = { backend: "pki/root", issuingCertificates: ["http://ca/root.der"] };
      for (let round = 0; round < 2; round += 1) assert.deepEqual(await applied(chain(moved)), { urls: ["update"] });
      const read = async (path: string) =>
        (await bao.server.must("GET", `${path}/config/urls`))["issuing_certificates"];
      assert.deepEqual(await read("pki/root"), moved.issuingCertificates);
      assert.deepEqual(await read(mount), fixed.issuingCertificates);
    });

    it("takes the issuer away with the stack, and leaves its key and the settings of the mount", async () => {
      await applied(chain());
      const key = await bao.stack.output("key");
      await bao.stack.destroy();
      assert.equal((await bao.server.api("LIST", `${mount}/issuers`)).status, 404);
      assert.deepEqual((await bao.server.must("LIST", `${mount}/keys`))["keys"], [key]);
      assert.equal((await bao.server.must("GET", `${mount}/config/urls`))["enable_templating"], true);
      assert.equal(
        (await bao.server.must("GET", `${mount}/config/cluster`))["path"],
        `${bao.server.address}/v1/${mount}`,
      );
    });

    it("forgets in a refresh what was in a mount that is gone, but not what was asked and signed for it", async () => {
      await applied(chain());
      for (const path of ["root", "it"]) await bao.server.must("DELETE", `sys/mounts/pki/${path}`);
      const run = await bao.stack.refresh();
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
      const found = await Promise.all(names.map((name) => bao.server.api("GET", `pki/root/issuer/${name}`)));
      return found.map(({ status }) => status === 200);
    };

    it("changes only what differs, with a token that may patch", async () => {
      await applied(adopting({ issuerName: "mine", leafNotAfterBehavior: "truncate" }));
      assert.deepEqual(await applied(adopting({ issuerName: "other" })), { issuer: ["update"] });
      const { leaf_not_after_behavior: behavior } = await bao.server.must("GET", "pki/root/issuer/other");
      assert.equal(behavior, "truncate");
      process.env["VAULT_TOKEN"] = await bao.server.token(most);
      const run = await bao.stack.up(adopting({ issuerName: "mine" }));
      assert.match(errorsOf(run), /error writing data to "pki\/root\/issuer\/.*", err=.*\n[^]*PATCH[^]*Code: 403/);
    });

    it("stays the same one when it is to be another, and differs for ever", async () => {
      await applied(adopting({ issuerName: "mine" }));
      for (let round = 0; round < 2; round += 1)
        assert.deepEqual(await applied(adopting({ of: "second", issuerName: "mine" })), { issuer: ["update"] });
      assert.equal(await bao.stack.output("issuer"), await bao.stack.output("first"));
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
      process.env["VAULT_TOKEN"] = await bao.server.token([most, ...denied].join("\n"));
      const run = await bao.stack.refresh();
      assert.equal(run.failed, false, errorsOf(run));
      assert.equal(await bao.stack.stored("issuer"), undefined);
      assert.notEqual(await bao.stack.stored("first"), undefined);
      assert.deepEqual(await issuers("mine"), [true]);
    });

    it("has to be there, and so has the mount whose cluster is described", async () => {
      const missing = await bao.stack.up(adopting({ issuerRef: "third", issuerName: "mine" }));
      assert.match(errorsOf(missing), /error reading issuer at pki\/root\/issuer\/third, err=Error making API request/);
      const nowhere = await bao.stack.up(() => {
        const { on } = twoRoots();
        const args = { backend: "pki/none", path: bao.server.address };
        new vault.pkisecret.BackendConfigCluster("cluster", args, on);
      });
      assert.match(errorsOf(nowhere), /no cluster config found at path pki\/none\/config\/cluster/);
    });
  });
});
