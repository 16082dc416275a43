import assert from "node:assert/strict";
import type { Config } from "../../../core/schema/config";
import type { Proof, ServiceNode } from "../../../core/nodes/proofs";
import { planCluster } from "../../../core/plan";
import { PROOFS } from "../../../core/nodes/proofs";
import { profileOf } from "../../../core/layouts/layout";
import type { ConsumerInput, ConsumerName } from "../../../core/model/reload";
import { configWith, etcdadmConfig, hardwayConfig, kubesprayConfig, NOW, RAW } from "../fixture";
import { readGolden } from "./kubeadm/golden";

const golden = readGolden();

const textOf = (proof: Proof): string => {
  switch (proof.kind) {
    case "served":
      return `${proof.at} serves ${proof.profile}`;
    case "accepted":
      return `${proof.at}${proof.path} accepts ${proof.profile}`;
    case "chain":
      return `${proof.profile} is of a CA that its server reads`;
    case "aggregated":
      return `${proof.at} passes ${proof.by} on with ${proof.profile}`;
    case "reaches":
      return `${proof.at} reaches the kubelet of ${proof.node} for ${proof.by}`;
    case "trusts":
      return `${proof.at} is of a CA of ${proof.authority}`;
    case "health":
      return `${proof.scheme}://${proof.at}${proof.path} is healthy for ${proof.profile ?? "anybody"}`;
  }
};

const proofs = (consumer: ConsumerName, node: string, config: Config): string[] =>
  PROOFS[consumer](serviceNode(config, node)).map(textOf);

/** What services of this node are asked by. */
const serviceNode = (config: Config, name: string): ServiceNode => {
  const plan = planCluster(config, NOW).nodes.find(({ node }) => node.name === name)!;
  const services = new Set(plan.consumers.map((each) => each.name));
  const leafOf = (input: ConsumerInput) => plan.known.filter(({ uses }) => uses.includes(input)).flatMap(profileOf)[0];
  return { node: plan.node, config, listeners: plan.listeners, services, leafOf };
};

const kubeadm = configWith();
const hardway = hardwayConfig();
const API = "10.0.0.11:6443";
const SOME_OBJECT = "/api/v1/namespaces/kube-system";

/** What each service of kubeadm's first control plane has to show; one that is missing does not compile. */
const ON_CP1: Readonly<Record<Exclude<ConsumerName, "kube-proxy">, readonly string[]>> = {
  etcd: [
    "10.0.0.11:2379 serves etcd-server",
    "10.0.0.11:2380 serves etcd-peer",
    "https://10.0.0.11:2379/health is healthy for etcd-server",
    "10.0.0.11:2379/health accepts etcd-healthcheck-client",
    "10.0.0.11:2379/health accepts etcdctl-etcd-client",
  ],
  "kube-apiserver": [
    `${API} serves apiserver`,
    `https://${API}/readyz is healthy for admin`,
    "10.0.0.11:2379/health accepts apiserver-etcd-client",
    "10.0.0.11:2379 is of a CA of etcd",
    "10.0.0.11:10250/healthz accepts apiserver-kubelet-client",
    "front-proxy-client is of a CA that its server reads",
    `${API} passes admin on with front-proxy-client`,
    `${API}${SOME_OBJECT} accepts admin`,
    `${API}${SOME_OBJECT} accepts super-admin`,
  ],
  "kube-controller-manager": [
    "https://127.0.0.1:10257/healthz is healthy for anybody",
    `${API}${SOME_OBJECT} accepts controller-manager`,
  ],
  "kube-scheduler": [
    "https://127.0.0.1:10259/healthz is healthy for anybody",
    `${API}${SOME_OBJECT} accepts scheduler`,
  ],
  kubelet: [
    "10.0.0.11:10250 serves kubelet-server",
    "http://127.0.0.1:10248/healthz is healthy for anybody",
    `${API}/api/v1/nodes/cp1 accepts kubelet`,
    `${API} reaches the kubelet of cp1 for admin`,
  ],
};

describe("proofs", () => {
  for (const [consumer, expected] of Object.entries(ON_CP1))
    it(`${consumer} of a control plane proves each certificate where it serves or presents it`, () => {
      assert.deepEqual(proofs(consumer as ConsumerName, "cp1", kubeadm), expected);
    });

  it("a member of etcd without an API server beside it proves the clients' certificates that are there", () => {
    assert.deepEqual(proofs("etcd", "e1", etcdadmConfig()), [
      "10.0.0.31:2379 serves etcd-server",
      "10.0.0.31:2380 serves etcd-peer",
      "https://10.0.0.31:2379/health is healthy for etcd-server",
      "10.0.0.31:2379/health accepts etcd-healthcheck-client",
      "10.0.0.31:2379/health accepts etcdctl-etcd-client",
      "10.0.0.31:2379/health accepts apiserver-etcd-client",
    ]);
  });

  it("a member that has one certificate for clients and peers proves that at both ports", () => {
    assert.deepEqual(proofs("etcd", "cp1", kubesprayConfig()).slice(0, 2), [
      "10.0.0.11:2379 serves etcd-server",
      "10.0.0.11:2380 serves etcd-server",
    ]);
  });

  it("a worker's clients are accepted at the proxy that it has of its own", () => {
    const asked = (config: Config) => proofs("kubelet", "w1", config).at(-1);
    assert.equal(asked(kubesprayConfig()), "localhost:6443/api/v1/nodes/w1 accepts kubelet");
    const at = (workerProxyPort: number) =>
      configWith({ cluster: { ...(RAW["cluster"] as object), workerProxyPort }, layout: "kubespray" });
    assert.equal(asked(at(7443)), "localhost:7443/api/v1/nodes/w1 accepts kubelet");
    assert.equal(asked(at(0)), "api.example.com:6443/api/v1/nodes/w1 accepts kubelet");
    assert.equal(proofs("kubelet", "cp1", kubesprayConfig()).at(-2), `${API}/api/v1/nodes/cp1 accepts kubelet`);
  });

  it("a worker's clients are accepted at the cluster's endpoint", () => {
    assert.equal(proofs("kubelet", "w1", kubeadm).at(-1), "api.example.com:6443/api/v1/nodes/w1 accepts kubelet");
    assert.deepEqual(proofs("kube-proxy", "w1", hardway), [`api.example.com:6443${SOME_OBJECT} accepts kube-proxy`]);
  });

  it("an API server without etcd or a kubelet beside it asks neither", () => {
    assert.deepEqual(proofs("kube-apiserver", "cp1", hardway), [
      `${API} serves apiserver`,
      `https://${API}/readyz is healthy for admin`,
      "apiserver-etcd-client is of a CA that its server reads",
      "10.0.0.31:2379 is of a CA of etcd",
      "10.0.0.32:2379 is of a CA of etcd",
      "10.0.0.33:2379 is of a CA of etcd",
      "apiserver-kubelet-client is of a CA that its server reads",
      "front-proxy-client is of a CA that its server reads",
      `${API} passes admin on with front-proxy-client`,
      `${API}${SOME_OBJECT} accepts admin`,
      `${API}${SOME_OBJECT} accepts super-admin`,
    ]);
    const on = serviceNode(hardway, "cp1");
    const asked = PROOFS["kube-apiserver"]({ ...on, services: new Set([...on.services, "kubelet"]) }).map(textOf);
    assert.ok(asked.includes("10.0.0.11:10250/healthz accepts apiserver-kubelet-client"));
  });

  it("asks at the ports that kubeadm's manifests and kubelet configuration open", () => {
    const { manifests, kubelet } = golden;
    const flag = (component: string, name: string) => manifests[component]?.flags[name] ?? "";
    const asked = Object.keys(ON_CP1).flatMap((name) =>
      PROOFS[name as ConsumerName](serviceNode(kubeadm, "cp1")).flatMap((proof) =>
        "at" in proof ? [`${name} ${proof.kind} ${proof.at}`] : [],
      ),
    );
    const hostPort = (url: string) => url.replace(/^https:\/\//, "");
    const opened = [
      ...flag("etcd", "listen-client-urls")
        .split(",")
        .slice(-1)
        .map((url) => `etcd served ${hostPort(url)}`),
      `etcd served ${hostPort(flag("etcd", "listen-peer-urls"))}`,
      `kube-apiserver served ${flag("kube-apiserver", "advertise-address")}:${flag("kube-apiserver", "secure-port")}`,
      ...["kube-controller-manager", "kube-scheduler"].map(
        (name) => `${name} health ${flag(name, "bind-address")}:${String(manifests[name]?.ports[0])}`,
      ),
      `kubelet health ${kubelet.healthz}`,
    ];
    for (const place of opened) assert.ok(asked.includes(place), place);
  });
});
