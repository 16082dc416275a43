import "reflect-metadata";
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { authoritiesOf } from "../../components/authority/generations";
import type { LeafPlan } from "../../core/certificates/leaves";
import { planCluster } from "../../core/plan";
import type { Config } from "../../core/schema/config";
import { accessName, type Access } from "../../core/vault/policies";
import { NEEDS_SERVER } from "../../core/vault/preflight";
import { configWith, NOW } from "../core/fixture";
import { certificateFacts } from "../e2e/certificateFacts";
import { assertLintClean } from "../e2e/lint";
import { OpenBao } from "../lab/openbao";
import { plainInputs } from "../components/plainInputs";
import { errorsOf, isSecret, TestStack } from "../lab/plugins/testStack";
import { approleLogin, assertMayOnlySign, requestOf } from "../lab/stolenToken";

const ADOPT = { kubernetes: "ab".repeat(32), etcd: "cd".repeat(32), frontProxy: "ef".repeat(32) };
/** All that is not in the envelope of a secret; an export has secrets readable in theirs. */
const unsealed = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) => (isSecret(inner) ? "secret" : inner));

describe("VaultAuthority on a real OpenBao", function () {
  this.timeout(400_000);
  let server: OpenBao;
  let stack: TestStack;
  let config: Config;
  let leaves: readonly LeafPlan[];
  let requests: ReadonlyMap<string, string>;
  const environment = { ...process.env };

  const configure = (more: Readonly<Record<string, unknown>> = {}) =>
    configWith({
      authority: { kind: "vault", vault: { address: server.address, approle: "ci/approle" } },
      cluster: {
        name: "prod",
        kubernetesVersion: "1.36.3",
        endpoint: "api.example.com:6443",
        extraSans: ["*.api.example.com", "10.0.0.9"],
      },
      adopt: ADOPT,
      ...more,
    });

  /** The authorities, and every certificate of the first control plane. */
  const program = (of: Config, now: Date) => () => {
    const inputs = plainInputs(of, now);
    const { plan } = inputs;
    const { generations: authorities } = authoritiesOf(
      "prod",
      { inputs, clients: [], csrSignerRequests: () => new Map() },
      {},
    );
    assert.ok(authorities);
    const issued = (plan.nodes[0]?.leaves ?? []).map(({ profile, authority, ...leaf }) => {
      const request = { ...leaf, role: profile, requestPem: requests.get(profile) ?? "" };
      const made = authorities[authority].issuer?.issue(`prod-cp1-${profile}`, request, {});
      return [profile, made?.certificatePem] as const;
    });
    const { kubernetes } = authorities;
    return {
      certificates: Object.fromEntries(issued),
      trust: kubernetes.target.trustPem,
      signer: kubernetes.issuer?.csrSignerPem,
      key: kubernetes.issuer?.keyPem,
    };
  };
  const up = async (of: Config, now = NOW) => {
    const run = await stack.up(program(of, now));
    assert.equal(run.failed, false, errorsOf(run));
    return run;
  };
  const certificates = async () => (await stack.output("certificates")) as Record<string, string>;

  /** A token as a pipeline gets it. */
  const login = (access: Access) => approleLogin(server, "ci/approle", accessName(config, access));

  before(async () => {
    server = await OpenBao.start();
    Object.assign(process.env, server.env());
    await server.must("POST", "sys/auth/ci/approle", { type: "approle" });
    stack = await TestStack.create();
    config = configure();
    leaves = planCluster(config, NOW).nodes[0]?.leaves ?? [];
    const made = leaves.map(async (leaf) => [leaf.profile, await requestOf(leaf)] as const);
    requests = new Map(await Promise.all(made));
    await up(config);
  });
  after(async () => {
    process.env = environment;
    stack.remove();
    await server.stop();
  });

  it("issues each certificate of a control plane as the plan says, and chained to its CA", async () => {
    const issued = await certificates();
    assert.ok(leaves.length >= 12);
    for (const leaf of leaves) {
      const facts = certificateFacts(issued[leaf.profile] ?? "");
      const subject = [`CN=${leaf.commonName}`, ...leaf.organizations.map((organization) => `O=${organization}`)];
      assert.equal(facts.subject, subject.sort().join(", "), leaf.profile);
      assert.deepEqual(
        facts.sans,
        leaf.sans.map((san) => san.replace("DNS:", "dns:").replace("IP:", "ip:")).sort(),
        leaf.profile,
      );
      const usages = { server: "1.3.6.1.5.5.7.3.1", client: "1.3.6.1.5.5.7.3.2" };
      assert.deepEqual(
        Array.from(facts.extendedKeyUsage),
        leaf.usages.map((usage) => usages[usage]).sort(),
        leaf.profile,
      );
      assert.equal(facts.keyUsage, 5, "digital signature and key encipherment");
      assert.equal(facts.isCa, false);
    }
    const [root = "", signer = ""] = String(await stack.output("trust")).split(/(?=-----BEGIN)/);
    const ca = new X509Certificate(root);
    assert.ok(new X509Certificate(issued["kubelet"] ?? "").verify(ca.publicKey));
    assert.equal(ca.subject, "CN=prod-kubernetes-ca-g1");
    assert.equal(new X509Certificate(signer).subject, "CN=prod-kubernetes-ca-g1-signer");
    assert.ok(new X509Certificate(signer).verify(ca.publicKey) && new X509Certificate(signer).ca);
    const at = /CA Issuers - URI:(\S+)/.exec(new X509Certificate(issued["kubelet"] ?? "").infoAccess ?? "")?.[1] ?? "";
    assert.match(at, /^https:\S+\/v1\/kube-pki\/prod\/kubernetes\/issuer\/[0-9a-f-]+\/der$/);
    const path = at.replace(`${server.address}/v1/`, "").replace(/der$/, "json");
    assert.equal((await server.must("GET", path, undefined, ""))["certificate"], root, "whom the leaf names made it");
    await assertLintClean([
      ...Object.entries(issued).map(([name, pem]) => ({ name, pem })),
      { name: "CA", pem: root },
      { name: "signer", pem: signer },
    ]);
  });

  it("changes nothing the second time, and the state has neither the token nor a plain key", async () => {
    const run = await up(config);
    const changed = Object.entries(run.steps).filter(([, ops]) => ops.some((op) => op !== "same"));
    assert.deepEqual(changed, []);
    const state = await stack.exported();
    assert.ok(!JSON.stringify(state).includes(server.rootToken));
    assert.match(unsealed(state), /BEGIN CERTIFICATE/);
    assert.doesNotMatch(unsealed(state), /PRIVATE KEY/);
  });

  it("gives a stolen token that may sign no other name, group, usage, time or issuer", async () => {
    await assertMayOnlySign(server, await login("renew"), { cluster: "prod", node: "cp1" });
  });

  it("has a preview that needs no server, in which only the CAs are not asked for", async () => {
    await server.seal();
    const later = new Date(NOW.getTime() + 365 * 86_400_000);
    const run = await stack.preview(program(config, later), [NEEDS_SERVER]);
    await server.unseal();
    assert.equal(run.failed, false, errorsOf(run));
    const due = Object.entries(run.steps).flatMap(([name, ops]) => (ops.includes("replace") ? [name] : []));
    assert.deepEqual(due.sort(), leaves.map(({ profile }) => `prod-cp1-${profile}`).sort());
  });

  it("renews with that token", async () => {
    const first = await certificates();
    process.env["VAULT_TOKEN"] = await login("renew");
    await up(config, new Date(NOW.getTime() + 365 * 86_400_000));
    Object.assign(process.env, server.env());
    const second = await certificates();
    const renewed = Object.keys(first).filter((profile) => first[profile] !== second[profile]);
    assert.deepEqual(renewed.sort(), leaves.map(({ profile }) => profile).sort());
  });

  it("walks a rotation with one issuer for each generation, and gives none of the old one a role", async () => {
    const token = await login("rotate");
    for (const path of ["sys/policies/acl/kube-pki-prod-renew", "sys/mounts/other", "auth/token/create"])
      assert.equal((await server.api("POST", path, { policy: "", type: "pki" }, token)).status, 403, path);
    process.env["VAULT_TOKEN"] = token;
    const issuers = async () => {
      const keys = (await server.must("LIST", "kube-pki/prod/kubernetes/issuers"))["key_info"];
      return Object.values(keys as Record<string, { issuer_name: string; is_default: boolean }>)
        .map(({ issuer_name: name, is_default: isDefault }) => (isDefault ? `${name} (default)` : name))
        .sort();
    };
    const roles = async () => (await server.must("LIST", "kube-pki/prod/kubernetes/roles"))["keys"] as string[];
    await up(configure({ rotation: { generation: 2, phase: "trust" } }));
    assert.deepEqual(await issuers(), ["prod-kubernetes-ca-g1 (default)", "prod-kubernetes-ca-g2"]);
    await up(configure({ rotation: { generation: 2, phase: "issue" } }));
    assert.deepEqual(await issuers(), ["prod-kubernetes-ca-g1", "prod-kubernetes-ca-g2 (default)"]);
    assert.ok(
      (await roles()).every((name) => name.endsWith("-g2")),
      (await roles()).join(", "),
    );
    const second = await certificates();
    assert.equal(new X509Certificate(second["kubelet"] ?? "").issuer, "CN=prod-kubernetes-ca-g2");
    // and back
    await up(configure({ rotation: { generation: 2, phase: "trust" } }));
    const third = await certificates();
    assert.equal(new X509Certificate(third["kubelet"] ?? "").issuer, "CN=prod-kubernetes-ca-g1");
    await up(config);
    assert.deepEqual(await issuers(), ["prod-kubernetes-ca-g1 (default)"]);
  });
});
