import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { preflight } from "../../components/authority/kinds";
import { configWith, NOW } from "../core/fixture";
import { OpenBao } from "../lab/openbao";

describe("preflight with a real OpenBao", function () {
  this.timeout(120_000);
  let server: OpenBao;
  let home: string;
  const environment = { ...process.env };
  const config = () => configWith({ authority: { kind: "vault", vault: { address: server.address } } });
  const refusal = async (): Promise<string> => {
    try {
      await preflight(config(), NOW);
      return "none";
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
  };

  before(async () => {
    server = await OpenBao.start();
    home = mkdtempSync(join(tmpdir(), "kube-pki-home-"));
  });
  after(async () => {
    rmSync(home, { recursive: true });
    await server.stop();
  });
  beforeEach(() => {
    process.env = { ...environment, ...server.env(), HOME: home };
  });
  afterEach(() => {
    process.env = environment;
  });

  it("lets a token through that may sign what the plan has, and one that may not be asked", async () => {
    assert.equal(await refusal(), "none");
    const self = 'path "auth/token/lookup-self" { capabilities = ["read"] }';
    process.env["VAULT_TOKEN"] = await server.token(
      `${self}\npath "kube-pki/prod/+/sign/+" { capabilities = ["update"] }`,
    );
    assert.equal(await refusal(), "none");
  });

  it("names a path that the token may not write to", async () => {
    process.env["VAULT_TOKEN"] = await server.token(`
      path "kube-pki/prod/kubernetes/sign/+" { capabilities = ["update"] }
      path "auth/token/lookup-self" { capabilities = ["read"] }
      path "sys/capabilities-self" { capabilities = ["update"] }`);
    assert.match(
      await refusal(),
      /^VAULT_TOKEN: its policies do not allow writing to kube-pki\/prod\/etcd\/sign\/\S+ and \d+ more;/,
    );
  });

  it("says that there is no token, that it was revoked, and that it ends too soon", async () => {
    const policy = 'path "auth/token/lookup-self" { capabilities = ["read"] }';
    delete process.env["VAULT_TOKEN"];
    assert.match(await refusal(), /^VAULT_TOKEN: not set/);
    const token = await server.token(policy);
    await server.must("POST", "auth/token/revoke", { token });
    process.env["VAULT_TOKEN"] = token;
    assert.match(await refusal(), /^VAULT_TOKEN: refused by the server/);
    process.env["VAULT_TOKEN"] = await server.token(policy, "60s");
    assert.match(await refusal(), /^VAULT_TOKEN: expires in \d+ s/);
  });

  it("says that its certificate is not trusted", async () => {
    delete process.env["VAULT_CACERT"];
    assert.match(await refusal(), /^VAULT_CACERT: https:\S+ presents a certificate that is not trusted here \(\S+\)/);
  });

  it("says that the server is sealed, and that it is away", async () => {
    await server.seal();
    assert.match(await refusal(), /is sealed; unseal it/);
    await server.powerOff();
    assert.match(await refusal(), /does not answer \(ECONNREFUSED\)/);
    await server.powerOn();
    assert.equal(await refusal(), "none");
  });

  describe("with a CA", () => {
    const mount = "kube-pki/prod/kubernetes";
    const root = { common_name: "prod-kubernetes-ca-g1", issuer_name: "prod-kubernetes-ca-g1", ttl: "100h" };
    let fingerprint: string;
    before(async () => {
      await server.must("POST", `sys/mounts/${mount}`, { type: "pki", config: { max_lease_ttl: "90000h" } });
      const { certificate } = await server.must("POST", `${mount}/root/generate/internal`, root);
      fingerprint = new X509Certificate(String(certificate)).fingerprint256;
    });
    after(async () => {
      await server.must("DELETE", `sys/mounts/${mount}`);
    });
    const soon = (): Date => new Date(Date.now() + 3_600_000);
    const told = async (more: Readonly<Record<string, unknown>>, now: Date) => {
      const warnings: string[] = [];
      const warn = pulumi.log.warn;
      const log = pulumi.log as { warn: (text: string) => Promise<void> };
      log.warn = (text) => Promise.resolve(void warnings.push(text));
      try {
        await preflight(configWith({ authority: { kind: "vault", vault: { address: server.address, ...more } } }), now);
      } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), String(error));
        return { refusal: error.message, warnings };
      } finally {
        Object.assign(log, { warn });
      }
      return { refusal: "none", warnings };
    };

    it("warns when it has less to live than what it signs", async () => {
      const { refusal, warnings } = await told({}, soon());
      assert.equal(refusal, "none");
      assert.match(
        warnings.join(),
        /^authority\.kubernetes: prod-kubernetes-ca-g1 in kube-pki\/prod\/kubernetes expires \S+, in 4d\S+, and cannot sign for 365d any more; rotate it/,
      );
    });

    it("says that it has ended", async () => {
      const { refusal } = await told({}, new Date(Date.now() + 200 * 3_600_000));
      assert.match(refusal, /^authority\.kubernetes: prod-kubernetes-ca-g1 in \S+ expired \S+ and cannot sign/);
    });

    it("says that it is another one than the pinned", async () => {
      assert.equal((await told({ fingerprints: { kubernetes: fingerprint } }, soon())).refusal, "none");
      const { refusal } = await told({ fingerprints: { kubernetes: "ab".repeat(32) } }, soon());
      assert.match(
        refusal,
        /^authority\.vault\.fingerprints\.kubernetes: prod-kubernetes-ca-g1 in \S+ has fingerprint /,
      );
    });

    it("says that a role is too short for a token that may not change it", async () => {
      await server.must("POST", `${mount}/roles/kubelet-g1`, { max_ttl: "240h" });
      assert.equal((await told({}, soon())).refusal, "none", "the stack will set it");
      process.env["VAULT_TOKEN"] = await server.token(`
        path "kube-pki/prod/+/sign/+" { capabilities = ["update"] }
        path "kube-pki/prod/+/roles/+" { capabilities = ["read"] }
        path "auth/token/lookup-self" { capabilities = ["read"] }
        path "sys/capabilities-self" { capabilities = ["update"] }`);
      const { refusal } = await told({}, soon());
      assert.match(
        refusal,
        /^certificates\.validity: 365d, but kube-pki\/prod\/kubernetes\/roles\/kubelet-g1 allows 10d and this token may not/,
      );
    });
  });

  it("asks nobody where another authority signs", async () => {
    process.env["VAULT_ADDR"] = "https://127.0.0.1:1";
    await preflight(configWith(), NOW);
  });
});
