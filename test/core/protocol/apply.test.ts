import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { parse } from "yaml";
import { profileOf } from "../../../core/layouts/layout";
import { planCluster, type ClusterPlan } from "../../../core/plan";
import { applyPayload, type IssuedLeaf, type Material } from "../../../core/protocol/apply";
import { requestPayload } from "../../../core/protocol/request";
import type { Config } from "../../../core/schema/config";
import { configWith, etcdadmConfig, hardwayConfig, kubesprayConfig, NOW, RAW } from "../fixture";

const leaf = (profile: string): IssuedLeaf => ({
  certificatePem: `CERT ${profile}\n`,
  issued: "2026-11-22T00:00:00Z",
  expires: "2027-11-22T00:00:00Z",
});

const material = (plan: ClusterPlan, index: number, changes: Partial<Material> = {}): Material => ({
  leaves: Object.fromEntries(plan.nodes[index]!.leaves.map(({ profile }) => [profile, leaf(profile)])),
  trust: { kubernetes: "CA kubernetes\n", etcd: "CA etcd\n", frontProxy: "CA frontProxy\n" },
  caKeys: { kubernetes: "CAKEY\n" },
  serviceAccount: { privatePem: "SA PRIVATE\n", publicPem: "SA PUBLIC\n" },
  ...changes,
});

const payloadOf = (config: Config, index: number, changes: Partial<Material> = {}) => {
  const plan = planCluster(config, NOW);
  return applyPayload(plan, plan.nodes[index]!, config, material(plan, index, changes));
};

/** A material that lacks a secret, which a mistake elsewhere could make. */
const without = (changes: Partial<Material>) => () => payloadOf(configWith({}), 0, changes);

describe("a payload", () => {
  it("is not written with an empty key or CA", () => {
    assert.throws(without({ caKeys: {} }), /part cakey:kubernetes: empty; must be what a file is made of/);
    assert.throws(without({ serviceAccount: undefined }), /part serviceaccount:private: empty/);
    assert.throws(without({ trust: { kubernetes: "\n", etcd: "x", frontProxy: "x" } }), /part ca:kubernetes: empty/);
  });
});

const SHA = "ab".repeat(32);

const ONE_CA = { ...(RAW["authority"] as object | undefined), oneCa: true };

const body = (payload: string): string[] => payload.split("\n").slice(1);
const words = (payload: string, word: string): string[] => body(payload).filter((line) => line.startsWith(`${word} `));

/** What stands in a part, read the way the node reads it. */
const partText = (payload: string, name: string): string => {
  const lines = body(payload);
  const at = lines.findIndex((line) => line.startsWith(`part ${name} `));
  return lines.slice(at + 1, at + 1 + Number(lines[at]!.split(" ")[2])).join("\n");
};

describe("payload", () => {
  const config = configWith();

  it("frames the body with its length and digest, so that a cut line is seen", () => {
    const payload = payloadOf(config, 0);
    const text = payload.slice(payload.indexOf("\n") + 1);
    const sum = createHash("sha256").update(text).digest("hex");
    assert.equal(payload.split("\n")[0], `kube-pki 1 apply ${String(Buffer.byteLength(text))} ${sum}`);
  });

  it("says what a certificate may lose, of those that the node gets", () => {
    const allowLoss = ["IP:10.0.0.100", "usage:clientAuth"];
    const allowing = configWith({ certificates: { profiles: { apiserver: { allowLoss } } } });
    assert.deepEqual(words(payloadOf(config, 0), "allow"), []);
    assert.deepEqual(words(payloadOf(allowing, 0), "allow"), [
      "allow apiserver IP:10.0.0.100",
      "allow apiserver usage:clientAuth",
    ]);
    assert.deepEqual(words(payloadOf(allowing, 3), "allow"), []);
  });

  it("asks for a key and a request per leaf", () => {
    const plan = planCluster(config, NOW);
    const worker = plan.nodes[3]!;
    const [kubelet, server] = worker.leaves;
    assert.deepEqual(body(requestPayload("w1", worker.leaves)), [
      "node w1",
      `leaf kubelet ${kubelet!.id} ECDSA-P256`,
      "cn kubelet system:node:w1",
      "o kubelet system:nodes",
      `leaf kubelet-server ${server!.id} ECDSA-P256`,
      "cn kubelet-server system:node:w1",
      "o kubelet-server system:nodes",
      "san kubelet-server DNS:w1",
      "san kubelet-server IP:10.0.0.21",
      "",
    ]);
  });

  it("sends a worker no key of any kind", () => {
    assert.doesNotMatch(payloadOf(config, 3), /CAKEY|SA PRIVATE|^part (cakey|key|serviceaccount)/m);
  });

  it("sends each part once, and every part a file names or the node has the key of", () => {
    const payload = payloadOf(config, 0);
    const given = words(payload, "part").map((line) => line.split(" ")[1]!);
    assert.equal(new Set(given).size, given.length);
    const named = words(payload, "file").flatMap((line) => line.split(" ")[5]!.split(","));
    for (const part of named) assert.ok(given.includes(part) || part.startsWith("key:"), `${part} is not sent`);
  });

  it("writes kubeconfigs as kubeadm does, the key filled in on the node", () => {
    const payload = payloadOf(config, 0);
    assert.deepEqual(parse(partText(payload, "kubeconfig:controller-manager").replaceAll("@", "%")), {
      apiVersion: "v1",
      clusters: [
        {
          cluster: { "certificate-authority-data": "%b64:ca:kubernetes%", server: "https://10.0.0.11:6443" },
          name: "prod",
        },
      ],
      contexts: [
        {
          context: { cluster: "prod", user: "system:kube-controller-manager" },
          name: "system:kube-controller-manager%prod",
        },
      ],
      "current-context": "system:kube-controller-manager%prod",
      kind: "Config",
      users: [
        {
          name: "system:kube-controller-manager",
          user: {
            "client-certificate-data": "%b64:cert:controller-manager%",
            "client-key-data": "%b64:key:controller-manager%",
          },
        },
      ],
    });
    assert.match(partText(payload, "kubeconfig:admin"), /server: https:\/\/api\.example\.com:6443/);
  });

  it("asks for a restart only where a consumer does not reload by itself", () => {
    const restarts = (payload: string) =>
      new Set(words(payload, "use").flatMap((line) => (line.includes(" restart ") ? [line.split(" ")[3]] : [])));
    const leafFiles = [...restarts(payloadOf(config, 0))].filter(
      (path) => !/ca\.crt|ca\.key|sa\.(key|pub)/.test(path ?? ""),
    );
    assert.deepEqual(leafFiles, [
      "/etc/kubernetes/controller-manager.conf",
      "/etc/kubernetes/scheduler.conf",
      "/var/lib/kubelet/pki/kubelet-client-kube-pki.pem",
      "/var/lib/kubelet/pki/kubelet-client-current.pem",
      "/etc/kubernetes/kubelet.conf",
    ]);
    const old = configWith({ cluster: { ...(RAW["cluster"] as object), kubernetesVersion: "1.30.4" } });
    assert.ok(restarts(payloadOf(old, 3)).has("/var/lib/kubelet/pki/kubelet.crt"));
  });

  it("follows the restart policy", () => {
    const needs = (restart: string) =>
      new Set(words(payloadOf(configWith({ restart }), 0), "use").map((line) => line.split(" ")[2]));
    assert.deepEqual([...needs("always")], ["restart"]);
    assert.deepEqual([...needs("never")], ["reload"]);
  });

  it("drops proofs of certificates that are not ours", () => {
    const without = payloadOf(configWith({ certificates: { profiles: { admin: { enabled: false } } } }), 0);
    assert.doesNotMatch(without, /^accepted .* admin$/m);
    assert.match(without, /^health kube-apiserver https 10\.0\.0\.11:6443 \/readyz -$/m);
  });

  for (const [layout, of] of [
    ["kubeadm", configWith()],
    ["hardway", hardwayConfig()],
    ["etcdadm", etcdadmConfig()],
    ["kubespray", kubesprayConfig()],
  ] as const)
    it(`has every certificate of every node proven that a service reads: ${layout}`, () => {
      for (const [index, { node, files }] of planCluster(of, NOW).nodes.entries()) {
        const read = files.filter(({ uses }) => uses.length > 0).flatMap(profileOf);
        const payload = payloadOf(of, index);
        const proven = ["served", "accepted"].flatMap((word) =>
          words(payload, word).map((line) => line.split(" ").at(-1)),
        );
        proven.push(...words(payload, "chain").map((line) => line.split(" ")[2]));
        for (const profile of read) assert.ok(proven.includes(profile), `${node.name} ${profile}`);
      }
    });

  it("asks where the stack file says that components listen", () => {
    const listeners = { apiServer: { port: 6444 }, schedulerHealth: { on: "node" } };
    const payload = payloadOf(configWith({ cluster: { ...(RAW["cluster"] as object), listeners } }), 0);
    assert.ok(words(payload, "served").includes("served kube-apiserver 10.0.0.11:6444 apiserver"));
    assert.ok(words(payload, "health").includes("health kube-scheduler https 10.0.0.11:10259 /healthz -"));
    assert.match(partText(payload, "kubeconfig:scheduler"), /server: https:\/\/10\.0\.0\.11:6444/);
    assert.ok(words(payload, "health").includes("health kube-controller-manager https 127.0.0.1:10257 /healthz -"));
  });

  it("says by which option a service is given each of its files, and of which CA file a server is to be", () => {
    const reads = words(payloadOf(config, 0), "reads");
    assert.ok(
      reads.includes("reads kube-apiserver --proxy-client-cert-file /etc/kubernetes/pki/front-proxy-client.crt"),
    );
    assert.ok(reads.includes("reads kube-controller-manager --root-ca-file /etc/kubernetes/pki/ca.crt"));
    assert.deepEqual(words(payloadOf(config, 0), "readsone"), [
      "readsone kube-apiserver --service-account-key-file /etc/kubernetes/pki/sa.pub",
    ]);
    const signs = (changes: Readonly<Record<string, unknown>>): string[] =>
      words(payloadOf(configWith(changes), 0), "reads").filter((line) => line.includes("--cluster-signing-"));
    assert.deepEqual(signs({ rotation: { generation: 2 } }), [
      "reads kube-controller-manager --cluster-signing-cert-file /etc/kubernetes/pki/ca-signing.crt",
      "reads kube-controller-manager --cluster-signing-key-file /etc/kubernetes/pki/ca-signing.key",
    ]);
    // the flags are not moved, since ca.crt goes on holding one certificate
    assert.deepEqual(signs({ rotation: { etcd: { generation: 2 } } }), []);
    assert.deepEqual(words(payloadOf(config, 0), "trusts"), [
      "trusts kube-apiserver /etc/kubernetes/pki/etcd/ca.crt 10.0.0.11:2379",
    ]);
    const hardway = payloadOf(hardwayConfig(), 3);
    assert.deepEqual(
      words(hardway, "trusts").map((line) => line.split(" ").at(-1)),
      ["10.0.0.31:2379", "10.0.0.32:2379", "10.0.0.33:2379"],
    );
    assert.deepEqual(
      words(payloadOf(config, 3), "reads").filter((line) => !line.startsWith("reads kubelet ")),
      [],
    );
  });

  it("guards every CA file and the token key against foreign ones", () => {
    assert.deepEqual(words(payloadOf(config, 0), "guard"), [
      "guard /etc/kubernetes/pki/ca.crt ca:kubernetes",
      "guard /etc/kubernetes/pki/front-proxy-ca.crt ca:frontproxy",
      "guard /etc/kubernetes/pki/etcd/ca.crt ca:etcd",
      "guard /etc/kubernetes/pki/sa.pub serviceaccount:public",
    ]);
  });

  it("says at which ports services are asked, as the stack file has them", () => {
    const listening = (listeners: object) =>
      words(payloadOf(configWith({ cluster: { ...(RAW["cluster"] as object), listeners } }), 0), "listens");
    assert.deepEqual(listening({ apiServer: { port: 6444 } }), [
      "listens kube-apiserver --secure-port 6444",
      "listens kube-controller-manager --secure-port 10257",
      "listens kube-scheduler --secure-port 10259",
    ]);
  });

  it("says of the only API server that there is no other, also of those that are to come", () => {
    const [first, second] = RAW["nodes"] as readonly object[];
    const alone = (...nodes: readonly (object | undefined)[]) => words(payloadOf(configWith({ nodes }), 0), "alone");
    assert.deepEqual(alone(first), ["alone kube-apiserver"]);
    assert.deepEqual(alone(first, { ...second, roles: ["worker"] }), ["alone kube-apiserver"]);
    assert.deepEqual(alone(first, second), []);
    assert.deepEqual(alone(first, { ...second, joining: true }), []);
  });

  it("knows a cluster that is there from one that begins, and from a machine that is to join it", () => {
    const startOf = (of: Config, index: number) => words(payloadOf(of, index), "start");
    assert.deepEqual(startOf(config, 0), ["start bare"]);
    const there = configWith({ adopt: { kubernetes: SHA, etcd: SHA, frontProxy: SHA }, rotation: { generation: 1 } });
    const joining = { ...there, nodes: there.nodes.map((node) => ({ ...node, joining: node.name === "cp3" })) };
    assert.deepEqual(startOf(there, 2), ["start existing"]);
    assert.deepEqual(startOf(joining, 0), ["start existing"]);
    assert.deepEqual(startOf(joining, 2), ["start bare"]);
    assert.deepEqual(words(payloadOf(joining, 0), "member"), ["member etcd 10.0.0.12:2379"]);
    assert.deepEqual(words(payloadOf(joining, 0), "joining"), ["joining etcd 10.0.0.13:2379"]);
  });

  for (const [what, of, how] of [
    ["comes first where kubeadm takes the first one of ca.crt for the CA", {}, "prepend"],
    ["restarts no etcd that reads it too", { layout: "fleet", authority: ONE_CA }, "append"],
    ["comes first for who signs by hand on a cluster of units", { layout: "hardway" }, "prepend"],
  ] as const)
    it(`the CA that signs ${what}`, () => {
      const issuing = payloadOf(configWith({ ...of, rotation: { generation: 2, phase: "issue" } }), 0);
      const lines = words(issuing, "trust");
      assert.ok(lines.includes(`trust ca:kubernetes ${how}`), lines.join("\n"));
      assert.ok(lines.every((line) => / ca:kubernetes | append$/.test(line)));
    });

  it("differs between a rotation's first phase and none, so that giving it up visits every node again", () => {
    const next = { kubernetes: "CA kubernetes 2\n" };
    const begun = payloadOf(configWith({ rotation: { generation: 2, phase: "trust" } }), 0, { next });
    assert.notEqual(begun, payloadOf(configWith({ rotation: { generation: 1 } }), 0));
    assert.equal(partText(begun, "ca:kubernetes:g2"), "CA kubernetes 2");
    assert.ok(body(begun).includes("guard /etc/kubernetes/pki/ca.crt ca:kubernetes"));
    const keyAlone = { rotation: { serviceAccount: { generation: 2, phase: "trust" } } };
    const key = payloadOf(configWith(keyAlone), 0, { next: { serviceAccount: "SA PUBLIC 2\n" } });
    assert.equal(partText(key, "serviceaccount:public:g2"), "SA PUBLIC 2");
  });
});
