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
    const plan = planCluster(born, NOW);
    const roles = new Map(rolesOf(plan, [], "kubernetes").map((each) => [each.role, each]));
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
    const alice = rolesOf(plan, clients, "kubernetes").find(({ role }) => role === "kubeconfig-alice");
    assert.deepEqual([alice?.names, alice?.organizations, alice?.usages], [["alice"], ["dev"], ["client"]]);
    // etcd's nodes have a profile of their own in one layout
    const external = planCluster(configWith({ ...ETCDADM, authority: VAULT }), NOW);
    const ofEtcd = [plan, external].flatMap((each) => rolesOf(each, [], "etcd").map(({ role }) => role));
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

  it("has a role for exactly the subjects that the stack file gives", () => {
    const commonName = { etcd: "{node}-client", "control-plane": "first-client" };
    const profiles = {
      "apiserver-etcd-client": { commonName, organizations: ["system:masters"] },
      admin: { commonName: "root" },
    };
    const config = configWith({ ...ETCDADM, authority: VAULT, certificates: { profiles } });
    const roles = rolesOf(planCluster(config, NOW), planClients(config, NOW), "etcd");
    const role = roles.find((each) => each.role === "apiserver-etcd-client");
    assert.deepEqual(role?.names, ["e1-client", "e2-client", "e3-client", "first-client"]);
    assert.deepEqual([role.organizations, role.hasAddresses], [["system:masters"], false]);
    const admins = rolesOf(planCluster(config, NOW), planClients(config, NOW), "kubernetes");
    for (const name of ["admin", "kubeconfig-admin"])
      assert.deepEqual(admins.find((each) => each.role === name)?.names, ["root"]);
  });

  it("has a role for each of the user's own certificates, wherever it is held", () => {
    const certificate = { authority: "kubernetes", usages: ["server"] };
    const own = {
      metrics: {
        ...certificate,
        sans: ["{node}", "{address}"],
        roles: ["worker"],
        files: { certificate: "/etc/m/tls.crt", key: "/etc/m/tls.key" },
      },
      hook: { ...certificate, sans: ["hook.web.svc"], validity: "30d", secret: { namespace: "web", name: "hook" } },
    };
    const plan = planCluster(configWith({ authority: VAULT, certificates: { own } }), NOW);
    const roles = rolesOf(plan, [], "kubernetes").filter(({ role }) => role.startsWith("own."));
    const common = { organizations: [], usages: ["server"], algorithm: "ECDSA-P256" };
    assert.deepEqual(roles, [
      {
        ...common,
        role: "own.metrics",
        names: ["metrics", "w1", "w2", "w3"],
        hasAddresses: true,
        validitySeconds: 31_536_000,
      },
      {
        ...common,
        role: "own.hook",
        names: ["hook", "hook.web.svc"],
        hasAddresses: false,
        validitySeconds: 30 * 86_400,
      },
    ]);
  });

  it("names a role after its generation, and a key as Vault does", () => {
    assert.equal(roleName("kubelet", 2), "kubelet-g2");
    assert.deepEqual(vaultKey("ECDSA-P384"), { keyType: "ec", keyBits: 384 });
    assert.deepEqual(vaultKey("RSA-3072"), { keyType: "rsa", keyBits: 3072 });
  });
});
