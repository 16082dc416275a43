import assert from "node:assert/strict";
import { planClients } from "../../core/clients";
import { applyPayload } from "../../core/payload";
import { planCluster } from "../../core/plan";
import { trustPayload } from "../../core/trustPayload";
import { hasOwnSigner, mountOf, rolesOf, roleName, vaultKey } from "../../core/vault";
import { configWith, NOW } from "./fixture";

const VAULT = { kind: "vault", address: "https://vault.example.com:8200" };
const ADOPT = { kubernetes: "ab".repeat(32), etcd: "cd".repeat(32), frontProxy: "ef".repeat(32) };
const CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n";

const born = configWith({ authority: VAULT });
const takenOver = configWith({ authority: VAULT, adopt: ADOPT });

const filesOf = (config: typeof born, node: string): string[] =>
  planCluster(config, NOW)
    .nodes.filter((plan) => plan.node.name === node)
    .flatMap(({ files }) => files.map(({ path }) => path.replace("/etc/kubernetes/pki/", "")));

const payloadOf = (config: typeof born): string => {
  const plan = planCluster(config, NOW);
  const [cp1] = plan.nodes;
  assert.ok(cp1);
  const validity = { issued: NOW.toISOString(), expires: NOW.toISOString() };
  const leaves = Object.fromEntries(
    cp1.leaves.map(({ profile }) => [profile, { certificatePem: CERTIFICATE, ...validity }]),
  );
  return applyPayload(plan, cp1, config, {
    leaves,
    trust: { kubernetes: `${CERTIFICATE}${CERTIFICATE}`, etcd: CERTIFICATE, frontProxy: CERTIFICATE },
    caKeys: { kubernetes: "KEY" },
    signers: { kubernetes: CERTIFICATE.replace("MII=", "SIGNER") },
  });
};

describe("what the stack keeps in Vault", () => {
  it("has a mount for each authority, or the one that is given", () => {
    assert.deepEqual(mountOf(born, "frontProxy"), { path: "kube-pki/prod/front-proxy", isOurs: true });
    const given = configWith({ authority: { ...VAULT, mounts: { etcd: "pki/etcd" } } });
    assert.deepEqual(mountOf(given, "etcd"), { path: "pki/etcd", isOurs: false });
  });

  it("has one role for each kind of certificate, with the names of every node and no others", () => {
    const { nodes } = planCluster(born, NOW);
    const roles = new Map(rolesOf(nodes, [], "kubernetes").map((each) => [each.role, each]));
    assert.deepEqual(roles.get("kubelet"), {
      role: "kubelet",
      names: ["cp1", "cp2", "cp3", "w1", "w2", "w3"].map((name) => `system:node:${name}`),
      hasAddresses: false,
      organizations: ["system:nodes"],
      usages: ["client"],
      algorithm: "ECDSA-P256",
      validitySeconds: 31_536_000,
    });
    assert.deepEqual(roles.get("apiserver")?.usages, ["server"]);
    assert.ok(roles.get("apiserver")?.hasAddresses);
    assert.ok(roles.get("apiserver")?.names.includes("api.example.com"));
    assert.deepEqual(roles.get("super-admin")?.organizations, ["system:masters"]);
    const clients = planClients(
      configWith({ authority: VAULT, users: [{ name: "alice", organizations: ["dev"] }] }),
      NOW,
    );
    const alice = rolesOf(nodes, clients, "kubernetes").find(({ role }) => role === "kubeconfig-alice");
    assert.deepEqual([alice?.names, alice?.organizations, alice?.usages], [["alice"], ["dev"], ["client"]]);
    const ofEtcd = rolesOf(nodes, [], "etcd").map(({ role }) => role);
    assert.deepEqual(ofEtcd.sort(), ["apiserver-etcd-client", "etcd-healthcheck-client", "etcd-peer", "etcd-server"]);
  });

  it("names a role after its generation, and a key as Vault does", () => {
    assert.equal(roleName("kubelet", 2), "kubelet-g2");
    assert.deepEqual(vaultKey("ECDSA-P384"), { keyType: "ec", keyBits: 384 });
    assert.deepEqual(vaultKey("RSA-3072"), { keyType: "rsa", keyBits: 3072 });
  });
});

describe("the controller manager's signer where the CA's key is in Vault", () => {
  it("is none in a cluster that began there: no CA key is on any node", () => {
    assert.ok(!hasOwnSigner(born));
    const files = filesOf(born, "cp1");
    assert.ok(files.includes("ca.crt"));
    assert.deepEqual(
      files.filter((path) => /^ca(-signing)?\.key$|^ca-signing/.test(path)),
      [],
    );
  });

  it("is an intermediate with files of its own in a cluster that was taken over", () => {
    assert.ok(hasOwnSigner(takenOver));
    const files = filesOf(takenOver, "cp1");
    assert.ok(files.includes("ca-signing.crt") && files.includes("ca-signing.key"));
    assert.ok(!files.includes("ca.key"));
    const payload = payloadOf(takenOver);
    assert.match(payload, /\npart signer:kubernetes 3\n-----BEGIN CERTIFICATE-----\nSIGNER\n/);
    assert.match(payload, /\npart ca:kubernetes 6\n/);
    assert.match(payload, /\npart cakey:kubernetes 1\nKEY\n/);
    assert.match(payload, /\nfile \/etc\/kubernetes\/pki\/ca-signing\.crt 0644 root root signer:kubernetes\n/);
  });

  it("is not pointed at files that nobody writes", () => {
    const flags = (raw: Record<string, unknown>): string[] => {
      const config = configWith({ authority: VAULT, rotation: { generation: 2 }, ...raw });
      const plan = planCluster(config, NOW);
      const [cp1] = plan.nodes;
      assert.ok(cp1);
      const both = [CERTIFICATE, CERTIFICATE];
      const known = { kubernetes: both, etcd: both, frontProxy: both, serviceAccount: both };
      const payload = trustPayload("trust", plan, cp1, config, known);
      return payload.split("\n").filter((line) => line.includes("--cluster-signing"));
    };
    assert.deepEqual(flags({}), []);
    assert.equal(flags({ adopt: ADOPT }).length, 2);
  });
});
