import assert from "node:assert/strict";
import { hasOwnCsrSigner } from "../../../core/authorities/csrSigner";
import { attemptKey } from "../../../core/authorities/rotation";
import { planCluster } from "../../../core/plan";
import { applyPayload } from "../../../core/protocol/apply";
import { trustPayload } from "../../../core/protocol/trust";
import { configWith, NOW } from "../fixture";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };
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
    csrSigners: { kubernetes: CERTIFICATE.replace("MII=", "SIGNER") },
    nodeCsrSigner: config.authority.csrSigner === "node" ? { certificatePem: CERTIFICATE, ...validity } : undefined,
  });
};

describe("the controller manager's signer where the CA's key is in Vault", () => {
  it("is none in a cluster that began there: no CA key is on any node", () => {
    assert.ok(!hasOwnCsrSigner(born));
    const files = filesOf(born, "cp1");
    assert.ok(files.includes("ca.crt"));
    assert.deepEqual(
      files.filter((path) => /^ca(-signing)?\.key$|^ca-signing/.test(path)),
      [],
    );
  });

  it("is an intermediate with files of its own in a cluster that was taken over", () => {
    assert.ok(hasOwnCsrSigner(takenOver));
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
    const none = { authority: { ...VAULT, csrSigner: "none" } };
    assert.deepEqual(flags({ adopt: ADOPT, ...none }), flags(none));
    assert.deepEqual(flags(none), [
      "replaceflag kube-controller-manager --cluster-signing-cert-file=",
      "replaceflag kube-controller-manager --cluster-signing-key-file=",
    ]);
  });

  it("is one for each control plane where its key is made there, of each generation that is trusted", () => {
    const at = (rotation: object, raw: object = {}) =>
      configWith({
        authority: { ...VAULT, csrSigner: "node" },
        ...raw,
        rotation,
        rollout: { acceptEtcdDowntime: true },
      });
    const signers = (config: typeof born) =>
      planCluster(config, NOW).nodes.map(({ node, csrSigners: asked }) => [
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

  it("is another rotation attempt when a control plane is added or removed, and only then", () => {
    const round = (signer: string, nodes: number) => {
      const config = configWith({ authority: { ...VAULT, csrSigner: signer }, rotation: { generation: 1 } });
      return attemptKey({ ...config, nodes: config.nodes.slice(0, nodes) });
    };
    assert.notEqual(round("node", 2), round("node", 3));
    assert.equal(round("node", 3), round("node", 6)); // the rest are workers
    assert.equal(round("none", 2), round("none", 3));
  });

  it("comes without its key, which the node has", () => {
    const config = configWith({ authority: { ...VAULT, csrSigner: "node" }, adopt: ADOPT });
    const payload = payloadOf(config);
    assert.match(payload, /\nleaf signer-g1 g1 \d+ \d+ ca:kubernetes\n/);
    assert.match(payload, /\npart cert:signer-g1 3\n-----BEGIN CERTIFICATE-----\nMII=\n/);
    assert.match(payload, /\nfile \/etc\/kubernetes\/pki\/ca-signing\.crt 0644 root root signer:kubernetes\n/);
    assert.match(payload, /\nfile \/etc\/kubernetes\/pki\/ca-signing\.key 0600 root root key:signer-g1\n/);
    assert.doesNotMatch(payload, /cakey/);
  });

  it("is what the stack file says, if it says so", () => {
    const signing = (raw: Record<string, unknown>, signer: string) =>
      filesOf(configWith({ authority: { ...VAULT, csrSigner: signer }, ...raw }), "cp1").filter((path) =>
        /^ca(-signing)?\.key$|^ca-signing/.test(path),
      );
    for (const raw of [{}, { adopt: ADOPT }]) {
      assert.deepEqual(signing(raw, "state").sort(), ["ca-signing.crt", "ca-signing.key"]);
      assert.deepEqual(signing(raw, "none"), []);
    }
  });
});
