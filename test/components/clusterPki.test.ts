import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { mock } from "node:test";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { ONE_CA_WEAKNESS } from "../../core/authorities/oneCa";
import { unknownMinorText } from "../../core/format/kubernetesVersion";
import { MINORS } from "../../core/model/kubernetesMinors";
import { planClients } from "../../core/certificates/clients";
import { planCluster } from "../../core/plan";
import { leafResources } from "../../core/report/leafResources";
import { KINDS } from "../../components/authority/kinds";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { argsWith, configWith, HARDWAY, NOW, RAW } from "../core/fixture";
import { plainKeys, registeredBy, THEIRS, type Asked, type Registered } from "./mocks";

const program = (args: ClusterPkiArgs) => () => new ClusterPki("prod", args).certificates;
const up = (args: ClusterPkiArgs) => registeredBy(program(args), false);
const ofType = (all: readonly Registered[], type: string) => all.filter((resource) => resource.type === type);
const COMMAND = "command:remote:Command";
const LOCAL = "command:local:Command";
const LEAF = "tls:index/locallySignedCert:LocallySignedCert";

const warningsOf = async (run: () => Promise<unknown>): Promise<string[]> => {
  const warnings: string[] = [];
  const { warn } = pulumi.log;
  const log = pulumi.log as { warn: (text: string) => Promise<void> };
  log.warn = (text) => Promise.resolve(void warnings.push(text));
  try {
    await run();
  } finally {
    Object.assign(log, { warn });
  }
  return warnings;
};

describe("ClusterPki", function () {
  this.timeout(30_000); // whole clusters, on a busy machine
  const args = argsWith();
  // there is no server to ask; test/components/vaultPreflight.test.ts has one
  before(() => mock.method(KINDS.vault, "preflight", () => Promise.resolve()));
  after(() => {
    mock.restoreAll();
  });

  it("makes three commands a node and one for all, whatever the number of files", async () => {
    const all = await up(args);
    const commands = [...ofType(all, COMMAND), ...ofType(all, LOCAL)].map(({ name }) => name);
    assert.deepEqual(
      commands.sort(),
      [
        "prod-preflight",
        ...["cp1", "cp2", "cp3", "w1", "w2", "w3"].flatMap((node) =>
          ["apply", "install", "request"].map((step) => `prod-${node}-${step}`),
        ),
      ].sort(),
    );
  });

  it("warns of a minor version that it does not know, and of no other", async () => {
    const warnings = await warningsOf(async () => {
      for (const minor of [MINORS.newest, MINORS.newest + 1])
        await up(argsWith({ cluster: { ...(RAW["cluster"] as object), kubernetesVersion: `1.${String(minor)}.0` } }));
    });
    assert.deepEqual(warnings, [unknownMinorText(`1.${String(MINORS.newest + 1)}.0`)]);
  });

  it("has one CA where one is all authorities, and says in each preview and run what that lets happen", async () => {
    const one = argsWith({ authority: { oneCa: true }, rotation: { generation: 2 } });
    const all = await up(one);
    const cas = ofType(all, "tls:index/selfSignedCert:SelfSignedCert").map(({ name }) => name);
    assert.deepEqual(cas.sort(), ["prod-kubernetes-ca-certificate", "prod-kubernetes-ca-g2-certificate"]);
    const issuers = new Set(ofType(all, LEAF).map(({ inputs }) => String(inputs["caCertPem"])));
    assert.equal(issuers.size, 1);
    assert.deepEqual(
      [await warningsOf(() => registeredBy(program(one), true)), await warningsOf(() => up(one))],
      [[ONE_CA_WEAKNESS], [ONE_CA_WEAKNESS]],
    );
  });

  it("hands no step of a worker more than 8 KiB, of a control plane 24: the state holds each input twice", async () => {
    const all = await up(argsWith({ rotation: { generation: 2 } }));
    const limit = (name: string) => (name.startsWith("prod-w") ? 8 : 24) * 1024;
    const sizes = all.map(({ name, inputs }) => ({ name, bytes: Buffer.byteLength(JSON.stringify(inputs)) }));
    assert.deepEqual(
      sizes.filter(({ name, bytes }) => bytes > limit(name)),
      [],
    );
  });

  it("issues each certificate of the plan once, under stable names", async () => {
    const leaves = ofType(await up(args), LEAF).map(({ name }) => name);
    const planned = leafResources("prod", planCluster(configWith(), NOW), planClients(configWith(), NOW));
    assert.deepEqual(leaves.sort(), [...planned.keys()].sort());
    assert.ok(leaves.includes("prod-cp1-apiserver") && leaves.includes("prod-w3-kubelet-server"));
  });

  it("has the same resources in a preview as in an up", async () => {
    const names = (all: readonly Registered[]) => all.map(({ type, name }) => `${type} ${name}`).sort();
    assert.deepEqual(names(await registeredBy(program(args), true)), names(await up(args)));
  });

  it("never puts a private key into a plain input", async () => {
    const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const all = await up(argsWith({ ssh: { privateKey: key }, certificates: { keyLocation: "state" } }));
    assert.deepEqual(
      all.flatMap(({ name, inputs }) => plainKeys(inputs).map((path) => name + path)),
      [],
    );
    const commands = ofType(all, COMMAND);
    assert.ok(commands.every(({ inputs }) => !JSON.stringify(inputs["create"]).includes("PRIVATE")));
  });

  it("keeps leaf keys out of the stack by default, and in it when asked to", async () => {
    const keys = (all: readonly Registered[]) => ofType(all, "tls:index/privateKey:PrivateKey").map(({ name }) => name);
    assert.deepEqual(keys(await up(args)).sort(), [
      "prod-etcd-ca-key",
      "prod-frontProxy-ca-key",
      "prod-kubeconfigs-admin-key",
      "prod-kubernetes-ca-key",
      "prod-service-account",
    ]);
    const inState = await up(argsWith({ certificates: { keyLocation: "state" } }));
    assert.ok(keys(inState).includes("prod-w1-kubelet-key"));
    assert.equal(ofType(inState, COMMAND).filter(({ name }) => name.endsWith("-request")).length, 0);
  });

  it("has no private key in the stack where Vault signs, others sign tokens and others work in the cluster", async () => {
    const address = "https://127.0.0.1:1";
    const bare = {
      authority: { kind: "vault", vault: { address }, serviceAccount: { enabled: false } },
      rotation: { generation: 2 },
    };
    const user = { exec: { command: "login", args: [], env: {} } };
    const keys = (all: readonly Registered[]) => ofType(all, "tls:index/privateKey:PrivateKey").map(({ name }) => name);
    const all = await up(
      argsWith({ ...bare, inCluster: { user, restart: [{ kind: "Deployment", namespace: "shop", name: "till" }] } }),
    );
    assert.deepEqual(keys(all), []);
    const [provider] = ofType(all, "pulumi:providers:kubernetes");
    assert.match(JSON.stringify(provider?.inputs), /command: login/);
    assert.deepEqual(keys(await up(argsWith(bare))), ["prod-kubeconfigs-admin-key"]);
  });

  it("has no CA key in the stack where Vault signs, and the token nowhere", async () => {
    process.env["VAULT_TOKEN"] = "s.of-the-run";
    const all = await up(
      argsWith({ authority: { kind: "vault", vault: { address: "https://vault.example.com:8200" } } }),
    );
    Reflect.deleteProperty(process.env, "VAULT_TOKEN");
    const keys = ofType(all, "tls:index/privateKey:PrivateKey").map(({ name }) => name);
    assert.deepEqual(
      keys.filter((name) => /-ca(-|$)/.test(name)),
      [],
    );
    const paths = ofType(all, "vault:index/mount:Mount").map(({ inputs }) => inputs["path"]);
    assert.deepEqual(
      paths.sort(),
      ["etcd", "front-proxy", "kubernetes"].map((name) => `kube-pki/prod/${name}`),
    );
    const roots = ofType(all, "vault:pkiSecret/secretBackendRootCert:SecretBackendRootCert");
    assert.deepEqual(new Set(roots.map(({ inputs }) => inputs["type"])), new Set(["internal"]));
    const leaves = ofType(all, "vault:pkiSecret/secretBackendSign:SecretBackendSign");
    assert.equal(leaves.length, ofType(await up(args), LEAF).length);
    const cp1 = leaves.find(({ name }) => name === "prod-cp1-kubelet")?.inputs;
    assert.deepEqual(
      [cp1?.["name"], cp1?.["commonName"], cp1?.["ttl"], cp1?.["excludeCnFromSans"]],
      ["kubelet-g1", "system:node:cp1", "31536000s", true],
    );
    assert.ok(!JSON.stringify(all).includes("s.of-the-run"));
    assert.equal(ofType(all, LEAF).length, 0);
  });

  it("visits no node while people have to sign its CAs, and puts out what they are to sign", async () => {
    const authority = {
      kind: "vault",
      vault: { address: "https://vault.example.com:8200" },
      signedBy: { kind: "offline" },
    };
    let names: string[] = [];
    const all = await registeredBy(() => {
      const pki = new ClusterPki("prod", argsWith({ authority }));
      names = Object.keys(pki.signingRequests);
      return pulumi.all(Object.values(pki.signingRequests));
    }, false);
    assert.deepEqual(names, ["prod-kubernetes-ca-g1", "prod-etcd-ca-g1", "prod-front-proxy-ca-g1"]);
    const REQUEST = "vault:pkiSecret/secretBackendIntermediateCertRequest:SecretBackendIntermediateCertRequest";
    assert.deepEqual(new Set(ofType(all, REQUEST).map(({ inputs }) => inputs["type"])), new Set(["internal"]));
    assert.deepEqual(
      all.filter(({ type }) => type === COMMAND || type.startsWith("tls:")),
      [],
    );
  });

  it("begins with no node before the certificates of all nodes are issued", async () => {
    const asked = new Map<string, Asked>();
    const rotating = argsWith({ rotation: { generation: 2 } });
    const issued = ofType(await registeredBy(program(rotating), false, asked), LEAF).map(({ name }) => name);
    const leaves = issued.filter((name) => !name.startsWith("prod-kubeconfigs-")); // those are on no node
    assert.ok(leaves.length > 40);
    const waitsFor = new Set(asked.get("prod-cp1-trust")?.dependsOn);
    assert.deepEqual(
      leaves.filter((name) => !waitsFor.has(name)),
      [],
    );
    assert.ok(waitsFor.has("prod-rotation-attempt"));
    // the program's outputs do not wait for its last steps
    for (let waits = 0; waits < 300 && !asked.has("prod-cp1-check"); waits++) await sleep(100);
    // and kubelets get new tokens when the last API server signs with the new key, before anything is looked for
    assert.ok(asked.get("prod-cp1-tokens")?.dependsOn.includes("prod-w3-apply"));
    assert.ok(asked.get("prod-cp2-tokens")?.dependsOn.includes("prod-cp1-tokens"));
    assert.ok(asked.get("prod-cp1-check")?.dependsOn.includes("prod-w3-tokens"));
  });

  it("puts out every certificate, those of kubeconfigs that no node holds as well", async () => {
    let rows: readonly string[] = [];
    const all = await registeredBy(
      () =>
        program(args)().apply((each) => {
          rows = each.map(({ node, certificate }) => `${node} ${certificate}`);
        }),
      false,
    );
    assert.equal(rows.length, ofType(all, LEAF).length);
    assert.ok(rows.includes("w3 kubelet-server") && rows.includes("- kubeconfig:admin"));
  });

  it("uses sudo when told to", async () => {
    const commands = ofType(await up(argsWith({ ssh: { agent: true, user: "ops", sudo: true } })), COMMAND);
    assert.ok(commands.every(({ inputs }) => String(inputs["create"]).startsWith("sudo -n ")));
  });

  it("runs nothing on delete and has no triggers", async () => {
    for (const { inputs } of ofType(await up(args), COMMAND))
      assert.ok(inputs["delete"] === undefined && inputs["triggers"] === undefined);
  });

  describe("while authorities are rotated", () => {
    const PIN = "ab".repeat(32);
    const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
    const restart = [{ kind: "Deployment", namespace: "shop", name: "till" }];
    const users = [{ name: "alice", organizations: ["dev"] }];
    const nodes = RAW["nodes"] as readonly { readonly name: string }[];
    const small = {
      nodes: nodes.filter(({ name }) => name === "cp1" || name === "w1"),
      rollout: { acceptEtcdDowntime: true },
    };

    const run = async (changes: Readonly<Record<string, unknown>>) => {
      const asked = new Map<string, Asked>();
      let published: Record<string, string> = {};
      let isSecret = false;
      let trust = "";
      const all = await registeredBy(
        () => {
          const pki = new ClusterPki("prod", argsWith({ users, ...changes }));
          return pulumi
            .all([pki.kubeconfigs, pulumi.isSecret(pki.kubeconfigs), pki.trust.kubernetes])
            .apply((given) => {
              [published, isSecret] = given;
              trust = `${(given[2] ?? "").trimEnd()}\n`;
            });
        },
        false,
        asked,
      );
      const steps = new Set(
        all.flatMap(({ type, name }) => (type.startsWith("tls:") || name.endsWith("-rotation-attempt") ? [] : [name])),
      );
      const after = (name: string): string[] =>
        [...(asked.get(name)?.dependsOn ?? [])].filter((each) => steps.has(each)).sort();
      return { all, after, published, isSecret, trust };
    };

    interface Kubeconfig {
      readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
      readonly users: readonly { readonly name: string }[];
    }
    const casIn = (text: string | undefined): string[] => {
      const { clusters } = parse(text ?? "") as Kubeconfig;
      const data = clusters[0]?.cluster["certificate-authority-data"] ?? "";
      return (
        Buffer.from(data, "base64")
          .toString()
          .match(/-----BEGIN[^]+?-----END CERTIFICATE-----\n/g) ?? []
      );
    };

    it("costs a stack that never rotated neither a provider nor a step in the cluster", async () => {
      const { all } = await run({ inCluster: { restart }, rotation: {} });
      assert.deepEqual(
        all.filter(({ type, name }) => type.includes("kubernetes:") || /mounts|in-cluster-/.test(name)),
        [],
      );
    });

    it("issues kubeconfigs for the phase, as secrets", async () => {
      const { published, isSecret, trust } = await run(small);
      assert.ok(isSecret);
      assert.deepEqual(Object.keys(published), ["admin", "alice"]);
      assert.deepEqual(casIn(published["alice"]), [trust]);
      const { clusters, users: given } = parse(published["alice"] ?? "") as Kubeconfig;
      assert.equal(clusters[0]?.cluster["server"], "https://api.example.com:6443");
      assert.equal(given[0]?.name, "alice");
    });

    for (const [phase, count] of [
      ["trust", 2],
      ["issue", 2],
      ["done", 1],
    ] as const)
      it(`issues kubeconfigs that trust ${count === 1 ? "the new CA" : "both CAs, the new one first,"} in ${phase}`, async () => {
        const { published, trust } = await run({ ...small, rotation: { generation: 2, phase } });
        const cas = casIn(published["alice"]);
        assert.deepEqual([cas.length, cas[0]], [count, trust]);
      });

    it("leaves out the administrator where that profile is left to others, and keeps his credentials for its own work", async () => {
      const certificates = { profiles: { admin: { enabled: false } } };
      const { published, all } = await run({ ...small, certificates, rotation: { generation: 2 } });
      assert.deepEqual(Object.keys(published), ["alice"]);
      assert.ok(all.some(({ name }) => name === "prod-in-cluster-provider"));
    });

    it("waits in this order: nodes trust the new CA, namespaces and pods have it, workloads roll, leaves, checks, tokens, the old CA is retired", async () => {
      const { after } = await run({ rotation: { generation: 2 }, inCluster: { restart } });
      const names = nodes.map(({ name }) => name);
      const each = (nameSuffix: string) => names.map((node) => `prod-${node}-${nameSuffix}`);
      assert.deepEqual(after("prod-in-cluster-root-ca"), ["prod-cp3-trust", "prod-w3-trust"], "the last in turn");
      assert.deepEqual(after("prod-cp2-trust"), ["prod-cp1-trust"]);
      assert.deepEqual(after("prod-w1-trust"), ["prod-cp1-trust"], "beside the other control planes");
      assert.deepEqual(after("prod-w1-apply"), ["prod-cp3-apply"], "kubelets get tokens of the new key");
      for (const node of names) assert.deepEqual(after(`prod-${node}-mounts`), ["prod-in-cluster-root-ca"]);
      assert.deepEqual(
        after("prod-in-cluster-may-restart"),
        ["prod-in-cluster-mounted-elsewhere", ...each("mounts")].sort(),
      );
      assert.deepEqual(after("prod-in-cluster-provider"), ["prod-in-cluster-may-restart"]);
      assert.ok(after("prod-cp1-apply").includes("prod-in-cluster-restart-deployment-shop.till"));
      assert.deepEqual(after("prod-in-cluster-tokens"), [...each("check"), "prod-in-cluster-scan"].sort());
      assert.deepEqual(after("prod-cp1-retire"), ["prod-in-cluster-tokens"]);
      assert.deepEqual(after("prod-in-cluster-cluster-info"), ["prod-cp3-retire", "prod-w3-retire"]);
    });

    it("waits for each of the last nodes where several are visited at once", async () => {
      const { after } = await run({ rotation: { generation: 2 }, rollout: { workersAtOnce: 2 } });
      assert.deepEqual(after("prod-in-cluster-root-ca"), ["prod-cp3-trust", "prod-w2-trust", "prod-w3-trust"]);
    });

    it("leaves the cluster to the user where told to", async () => {
      const { all, after } = await run({ rotation: { generation: 2 }, inCluster: { enabled: false } });
      assert.deepEqual(
        all.filter(({ name }) => /mounts|in-cluster|provider/.test(name)),
        [],
      );
      assert.ok(after("prod-cp1-apply").includes("prod-w3-trust"));
    });

    it("begins to work in a cluster that is taken over when the stack can sign, trusting the old CA as well", async () => {
      const first = await run({ ...small, adopt, rotation: { phase: "trust" }, inCluster: { restart } });
      assert.deepEqual(first.published, {});
      assert.ok(!first.all.some(({ type }) => type.includes("kubernetes:")));
      const then = await run({ ...small, adopt, rotation: { phase: "issue" }, inCluster: { restart } });
      assert.deepEqual(casIn(then.published["admin"]), [then.trust, THEIRS]);
      const provider = then.all.find(({ name }) => name === "prod-in-cluster-provider");
      const { value } = provider?.inputs["kubeconfig"] as { value: string };
      assert.deepEqual(casIn(value), [then.trust, THEIRS]);
      const done = await run({ ...small, adopt });
      assert.deepEqual(casIn(done.published["admin"]), [done.trust]);
      // nodes with etcd alone come first and know no CA of kubernetes
      const apart = await run({ ...HARDWAY, adopt, rotation: { phase: "issue" } });
      assert.deepEqual(casIn(apart.published["admin"]), [apart.trust, THEIRS]);
    });
  });
});
