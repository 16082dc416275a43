import assert from "node:assert/strict";
import type { AuthorityName } from "../../core/authorities";
import { planClients } from "../../core/clients";
import { awaitsSigning, requestedAhead, unsigned } from "../../core/offlineRoot";
import { applyPayload } from "../../core/payload";
import { planCluster } from "../../core/plan";
import { roundOf } from "../../core/rotation";
import { trustPayload } from "../../core/trustPayload";
import { hasOwnSigner, hasSigner, mountOf, mountsOf, rolesOf, roleName, usesVault, vaultKey } from "../../core/vault";
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
    nodeSigner: config.authority.signer === "node" ? { certificatePem: CERTIFICATE, ...validity } : undefined,
  });
};

describe("what the stack keeps in Vault", () => {
  it("has a mount for each authority, or the one that is given", () => {
    assert.deepEqual(mountOf(born, "frontProxy", 1), { path: "kube-pki/prod/front-proxy", isOurs: true });
    const given = configWith({ authority: { ...VAULT, mounts: { etcd: "pki/etcd" } } });
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
    const none = { authority: { ...VAULT, signer: "none" } };
    assert.deepEqual(flags({ adopt: ADOPT, ...none }), flags(none));
    assert.deepEqual(flags(none), [
      "replaceflag kube-controller-manager --cluster-signing-cert-file=",
      "replaceflag kube-controller-manager --cluster-signing-key-file=",
    ]);
  });

  it("is one for each control plane where its key is made there, of each generation that is trusted", () => {
    const at = (rotation: object, raw: object = {}) =>
      configWith({
        authority: { ...VAULT, signer: "node" },
        ...raw,
        rotation,
        rollout: { acceptEtcdDowntime: true },
      });
    const signers = (config: typeof born) =>
      planCluster(config, NOW).nodes.map(({ node, signers: asked }) => [
        node.name,
        ...asked.map(({ commonName }) => commonName),
      ]);
    const names = (...generations: number[]) => [
      ...["cp1", "cp2", "cp3"].map((name) => [
        name,
        ...generations.map((g) => `prod-kubernetes-ca-g${String(g)}-signer`),
      ]),
      ...["w1", "w2", "w3"].map((name) => [name]),
    ];
    assert.deepEqual(signers(at({ generation: 1 })), names(1));
    assert.deepEqual(signers(at({ generation: 2, phase: "trust" })), names(1, 2));
    assert.deepEqual(signers(at({ generation: 2, phase: "issue" })), names(2, 1));
    assert.deepEqual(signers(at({ generation: 2 })), names(2));
    assert.deepEqual(signers(at({ phase: "trust" }, { adopt: ADOPT })), names(1));
    const files = (config: typeof born) => filesOf(config, "cp1").filter((path) => /signing|^ca\.key/.test(path));
    assert.deepEqual(files(at({ phase: "trust" }, { adopt: ADOPT })), []);
    for (const config of [at({ generation: 1 }), at({ phase: "issue" }, { adopt: ADOPT })])
      assert.deepEqual(files(config).sort(), ["ca-signing.crt", "ca-signing.key"]);
  });

  it("is another round of trust when a control plane comes or goes, and only then", () => {
    const round = (signer: string, nodes: number) => {
      const config = configWith({ authority: { ...VAULT, signer }, rotation: { generation: 1 } });
      return roundOf({ ...config, nodes: config.nodes.slice(0, nodes) });
    };
    assert.notEqual(round("node", 2), round("node", 3));
    assert.equal(round("node", 3), round("node", 6)); // the rest are workers
    assert.equal(round("none", 2), round("none", 3));
  });

  it("comes without its key, which the node has", () => {
    const config = configWith({ authority: { ...VAULT, signer: "node" }, adopt: ADOPT });
    const payload = payloadOf(config);
    assert.match(payload, /\nleaf signer-g1 g1 \d+ \d+ ca:kubernetes\n/);
    assert.match(payload, /\npart cert:signer-g1 3\n-----BEGIN CERTIFICATE-----\nMII=\n/);
    assert.match(payload, /\nfile \/etc\/kubernetes\/pki\/ca-signing\.crt 0644 root root signer:kubernetes\n/);
    assert.match(payload, /\nfile \/etc\/kubernetes\/pki\/ca-signing\.key 0600 root root key:signer-g1\n/);
    assert.doesNotMatch(payload, /cakey/);
  });

  it("is what the stack file says, if it says so", () => {
    const signing = (raw: Record<string, unknown>, signer: string) =>
      filesOf(configWith({ authority: { ...VAULT, signer }, ...raw }), "cp1").filter((path) =>
        /^ca(-signing)?\.key$|^ca-signing/.test(path),
      );
    for (const raw of [{}, { adopt: ADOPT }]) {
      assert.deepEqual(signing(raw, "state").sort(), ["ca-signing.crt", "ca-signing.key"]);
      assert.deepEqual(signing(raw, "none"), []);
    }
  });
});

describe("where generations are made", () => {
  const moved = configWith({
    authority: {
      ...VAULT,
      kind: { kubernetes: "vault", etcd: "embedded", frontProxy: "vault" },
      mounts: { kubernetes: "pki/new" },
      earlier: [
        { generations: 1, kind: "embedded" },
        { generations: { kubernetes: 3, frontProxy: 2 }, kind: "vault", mounts: { kubernetes: "pki/old" } },
      ],
    },
    rotation: { generation: 4 },
    rollout: { acceptEtcdDowntime: true },
  });

  it("is another place after each move, and for each authority", () => {
    const places = (name: AuthorityName) => [1, 2, 3, 4].map((generation) => mountOf(moved, name, generation)?.path);
    assert.deepEqual(places("kubernetes"), [undefined, "pki/old", "pki/old", "pki/new"]);
    assert.deepEqual(places("etcd"), [undefined, undefined, undefined, undefined]);
    const ours = "kube-pki/prod/front-proxy";
    assert.deepEqual(places("frontProxy"), [undefined, ours, ours, ours]);
    assert.deepEqual(mountsOf(moved, "kubernetes"), ["pki/old", "pki/new"]);
    assert.deepEqual(mountsOf(moved, "frontProxy"), [ours]);
  });

  it("is asked only when something of it is in Vault", () => {
    assert.ok(usesVault(moved));
    const planned = { ...VAULT, earlier: [{ generations: 1, kind: "embedded" }] };
    assert.ok(!usesVault(configWith({ authority: planned })), "the move has not begun");
    assert.ok(
      usesVault(configWith({ authority: { ...planned, signedBy: { kind: "offline" }, requests: 2 } })),
      "but a request is made there",
    );
  });

  it("leaves the controller manager its signer: the CA's key, then an intermediate; and gives none that was not there", () => {
    const own = (authority: object, phase: string) =>
      hasOwnSigner(
        configWith({ authority, rotation: { generation: 2, phase }, rollout: { acceptEtcdDowntime: true } }),
      );
    const into = { ...VAULT, earlier: [{ generations: 1, kind: "embedded" }] };
    assert.deepEqual(
      ["trust", "issue", "done"].map((phase) => own(into, phase)),
      [false, true, true],
    );
    const outOf = configWith({
      authority: { address: VAULT.address, kind: "embedded", earlier: [{ generations: 1, kind: "vault" }] },
    });
    assert.ok(!hasSigner(outOf));
  });
});

describe("CAs that people have signed", () => {
  const SIGNED = { kind: "offline" };

  it("wait at the beginning, until each has its certificate", () => {
    const config = configWith({ authority: { ...VAULT, signedBy: SIGNED } });
    assert.ok(awaitsSigning(config));
    assert.deepEqual(unsigned(config, "etcd"), [1]);
    assert.deepEqual(requestedAhead(config, "etcd"), []);
    assert.ok(!awaitsSigning(born));
  });

  it("are asked for ahead of a rotation", () => {
    const config = configWith({
      authority: { ...VAULT, signedBy: SIGNED, earlier: [{ generations: 1, kind: "vault" }], requests: 3 },
    });
    assert.ok(!awaitsSigning(config));
    assert.deepEqual(requestedAhead(config, "kubernetes"), [2, 3]);
  });
});
