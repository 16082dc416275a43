import assert from "node:assert/strict";
import { planCluster } from "../../../core/plan";
import { policyText, TOKEN_LIFE_SECONDS } from "../../../core/vault/policies";
import { configWith, NOW } from "../fixture";

const configured = (changes: Readonly<Record<string, unknown>> = {}) =>
  configWith({
    authority: { kind: "vault", vault: { address: "https://vault.example.com:8200", approle: "ci/approle" } },
    rollout: { acceptEtcdDowntime: true },
    ...changes,
  });
const text = (access: "renew" | "rotate", changes: Readonly<Record<string, unknown>> = {}): string => {
  const config = configured(changes);
  return policyText(access, config, planCluster(config, NOW));
};

const SELF = [
  'path "auth/token/lookup-self" { capabilities = ["read"] }',
  'path "sys/capabilities-self" { capabilities = ["update"] }',
];

describe("policies in Vault", () => {
  it("renew: signs with the roles of the plan, in any generation, and looks at its own token", () => {
    const lines = text("renew").trimEnd().split("\n");
    assert.ok(lines.includes('path "kube-pki/prod/kubernetes/sign/kubelet-g*" { capabilities = ["update"] }'));
    assert.ok(lines.includes('path "kube-pki/prod/etcd/sign/etcd-peer-g*" { capabilities = ["update"] }'));
    assert.ok(lines.includes('path "kube-pki/prod/kubernetes/sign/kubeconfig-*" { capabilities = ["update"] }'));
    assert.deepEqual(lines.slice(-2), SELF);
    for (const line of lines.slice(0, -2)) assert.match(line, /^path "kube-pki\/prod\/[a-z-]+\/sign\/[a-z-]+\*" /);
  });

  it("rotate: reads the role at the place an AppRole has by itself, where the stack file names none", () => {
    const authority = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };
    assert.match(text("rotate", { authority }), /path "auth\/approle\/role\/kube-pki-prod-renew" /);
  });

  it("rotate: signs with no mount where a root in the state does", () => {
    const vault = { address: "https://vault.example.com:8200" };
    const signed = text("rotate", { authority: { kind: "vault", vault, signedBy: { kind: "embedded" } } });
    assert.equal(signed, text("rotate", { authority: { kind: "vault", vault } }));
  });

  it("are for tokens that end soon after what they are for: an hour for a renewal, half a day for a rotation", () => {
    assert.deepEqual(TOKEN_LIFE_SECONDS, { renew: 3600, rotate: 43_200 });
  });

  it("is the same text through a rotation, so that a rotation changes no policy", () => {
    for (const access of ["renew", "rotate"] as const)
      assert.equal(text(access, { rotation: { generation: 2, phase: "issue" } }), text(access));
  });

  it("rotate: everything in the mounts, wherever they are, and no policy", () => {
    const mounts = { etcd: "pki/etcd" };
    const signedBy = { kind: "mount", mount: "pki/root" };
    const authority = {
      kind: "vault",
      vault: { address: "https://vault.example.com:8200", approle: "ci/approle", mounts },
      signedBy,
    };
    const lines = text("rotate", { authority }).trimEnd().split("\n");
    const mount = (at: string): string[] => [
      `path "${at}/*" { capabilities = ["create","read","update","patch","delete","list"] }`,
      `path "sys/mounts/${at}" { capabilities = ["read"] }`,
    ];
    assert.deepEqual(lines, [
      ...["kube-pki/prod/kubernetes", "pki/etcd", "kube-pki/prod/front-proxy"].flatMap(mount),
      'path "pki/root/root/sign-intermediate" { capabilities = ["update"] }',
      'path "sys/policies/acl/kube-pki-prod-renew" { capabilities = ["read"] }',
      'path "auth/ci/approle/role/kube-pki-prod-renew" { capabilities = ["read"] }',
      'path "sys/policies/acl/kube-pki-prod-rotate" { capabilities = ["read"] }',
      'path "auth/ci/approle/role/kube-pki-prod-rotate" { capabilities = ["read"] }',
      ...SELF,
    ]);
  });
});
