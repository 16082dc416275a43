import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import {
  capabilityProblem,
  caProblem,
  dependenceWarning,
  healthProblem,
  signingCas,
  signingRoles,
  signPath,
  tokenProblem,
  type Health,
} from "../../../core/vault/preflight";
import { opensslCa, type CaWish } from "../config/openssl";
import { configWith, NOW } from "../fixture";

const AT = "https://vault.example.com:8200";
const T = 1_795_305_600;
const problem = (health: Partial<Health>) => healthProblem(AT, { status: 200, serverTime: T, ...health }, T) ?? "none";
const configured = (address = AT) => configWith({ authority: { kind: "vault", vault: { address } } });

describe("what is wrong with Vault", () => {
  const CASES: Record<string, [health: object, expected: RegExp]> = {
    nothing: [{}, /^none$/],
    "nothing, of a standby, which hands requests on": [{ status: 429 }, /^none$/],
    "it does not answer": [
      { failure: "ECONNREFUSED", isTrust: false },
      /^authority\.vault\.address: .*8200 does not answer \(ECONNREFUSED\); check/,
    ],
    "nobody trusts it": [
      { failure: "SELF_SIGNED_CERT", isTrust: true },
      /^VAULT_CACERT: .* is not trusted here \(SELF_SIGNED_CERT\); set/,
    ],
    sealed: [{ status: 503 }, /is sealed; unseal it/],
    "not initialised": [{ status: 501 }, /is not initialised/],
    "of another site": [{ status: 472 }, /name the primary cluster's address$/],
    "another program": [{ status: 404, serverTime: undefined }, /is not Vault or OpenBao: it answered 404/],
    "30 s ahead": [{ serverTime: T + 30 }, /^none$/],
    ahead: [{ serverTime: T + 31 }, /is 31 s ahead of this machine's; nodes would reject the certificates/],
    behind: [{ serverTime: T - 90 }, /is 90 s behind this machine's/],
  };
  for (const [title, [health, expected]] of Object.entries(CASES))
    it(title, () => {
      assert.match(problem(health), expected);
    });
});

describe("what is wrong with the token", () => {
  it("is that there is none, that it is refused, or that it ends too soon", () => {
    assert.match(tokenProblem(undefined) ?? "", /^VAULT_TOKEN: not set; must be a token/);
    assert.match(tokenProblem({ status: 403, ttl: 0 }) ?? "", /^VAULT_TOKEN: refused by the server: expired, revoked/);
    assert.match(tokenProblem({ status: 200, ttl: 119 }) ?? "", /^VAULT_TOKEN: expires in 119 s/);
    assert.equal(tokenProblem({ status: 200, ttl: 120 }), undefined);
    assert.equal(tokenProblem({ status: 200, ttl: 0 }), undefined, "a root token does not end");
  });

  it("is that it may not sign what the plan has, with the generation that signs", () => {
    const config = configWith({
      authority: { kind: "vault", vault: { address: AT } },
      rotation: { generation: 2, phase: "trust", etcd: { phase: "issue" } },
      rollout: { acceptEtcdDowntime: true },
    });
    const paths = signingRoles(config, planCluster(config, NOW), NOW).map(signPath);
    for (const path of ["kubernetes/sign/kubelet-g1", "kubernetes/sign/kubeconfig-admin-g1", "etcd/sign/etcd-peer-g2"])
      assert.ok(paths.includes(`kube-pki/prod/${path}`), path);
    assert.equal(capabilityProblem(config, []), undefined);
    assert.match(
      capabilityProblem(config, paths) ?? "",
      /do not allow writing to kube-pki\/prod\/kubernetes\/sign\/\S+ and \d+ more; use a token with the policy kube-pki-prod-renew/,
    );
  });
});

describe("what is wrong with a CA in Vault", () => {
  const config = configured();
  const soon = new Date();
  const [kubernetes] = signingCas(config, planCluster(config, soon), soon);
  const problemOf = (wish: CaWish) => caProblem(kubernetes!, opensslCa(wish).certificate, config, soon) ?? "none";

  it("is nothing where it is as the server makes one", () => {
    assert.equal(problemOf({}), "none");
    assert.equal(problemOf({ extensions: ["nameConstraints = permitted;IP:10.0.0.0/255.0.0.0"] }), "none");
  });

  for (const [title, extension, why] of [
    [
      "it is for servers alone",
      "extendedKeyUsage = serverAuth",
      /its extendedKeyUsage does not allow clientAuth; must be/,
    ],
    [
      "it may not sign for a node",
      "nameConstraints = permitted;IP:192.168.0.0/255.255.0.0",
      /its nameConstraints do not allow/,
    ],
  ] as const)
    it(`is that ${title}`, () => {
      const found = problemOf({ extensions: [extension] });
      assert.match(found, /^authority\.kubernetes: \S+ in kube-pki\/prod\/kubernetes: /);
      assert.match(found, why);
    });
});

describe("where Vault is", () => {
  it("is warned of inside the cluster it holds the PKI of", () => {
    for (const inside of [
      "https://vault.vault.svc:8200",
      "https://vault.vault.svc.cluster.local",
      "https://10.0.0.11:8200",
    ])
      assert.match(dependenceWarning(configured(inside)) ?? "", /is inside the cluster whose PKI it holds/, inside);
    assert.equal(dependenceWarning(configured()), undefined);
  });
});
