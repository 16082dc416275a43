import assert from "node:assert/strict";
import { planClients } from "../../../core/certificates/clients";
import { INVENTORY } from "../../../core/certificates/inventory";
import { PROFILE_NAMES } from "../../../core/model/profiles";
import { planCluster } from "../../../core/plan";
import { mountOf } from "../../../core/vault/mounts";
import { rolesOf, roleName, vaultKey } from "../../../core/vault/roles";
import { isKnown } from "../certificates/expected";
import { configWith, ETCDADM, NOW } from "../fixture";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };

const born = configWith({ authority: VAULT });

describe("what the stack keeps in Vault", () => {
  it("has a mount for each authority, or the one that is given", () => {
    assert.deepEqual(mountOf(born, "frontProxy", 1), { path: "kube-pki/prod/front-proxy", isOurs: true });
    const given = configWith({ authority: { ...VAULT, vault: { ...VAULT.vault, mounts: { etcd: "pki/etcd" } } } });
    assert.deepEqual(mountOf(given, "etcd", 1), { path: "pki/etcd", isOurs: false });
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
    // etcd's nodes have a profile of their own in one layout
    const external = planCluster(configWith({ ...ETCDADM, authority: VAULT }), NOW);
    const ofEtcd = [nodes, external.nodes].flatMap((each) => rolesOf(each, [], "etcd").map(({ role }) => role));
    const known = PROFILE_NAMES.filter((name) => isKnown(name) && INVENTORY[name].authority === "etcd");
    assert.deepEqual(
      known.filter((name) => !ofEtcd.includes(name)),
      [],
    );
    assert.deepEqual(
      ofEtcd.filter((role) => !PROFILE_NAMES.some((name) => name === role && INVENTORY[name].authority === "etcd")),
      [],
    );
  });

  it("names a role after its generation, and a key as Vault does", () => {
    assert.equal(roleName("kubelet", 2), "kubelet-g2");
    assert.deepEqual(vaultKey("ECDSA-P384"), { keyType: "ec", keyBits: 384 });
    assert.deepEqual(vaultKey("RSA-3072"), { keyType: "rsa", keyBits: 3072 });
  });
});
