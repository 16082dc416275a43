/** Subjects, usages and names of 1.36 are held by kubeadm's own tree (test/core/nodes/kubeadm/); here is what it does not write. */
import assert from "node:assert/strict";
import type { Config, NodeConfig } from "../../../core/schema/config";
import { INVENTORY, profileRow } from "../../../core/certificates/inventory";
import { sanOf } from "../../../core/format/addresses";
import { PROFILE_NAMES, type ProfileName } from "../../../core/model/profiles";
import { configWith, HARDWAY, hardwayConfig, kubesprayConfig, RAW } from "../fixture";
import { EXPECTED, isKnown } from "./expected";

const at = (version: string, changes: Readonly<Record<string, unknown>> = {}): Config =>
  configWith({ cluster: { ...(RAW["cluster"] as object), kubernetesVersion: version, ...changes } });
const [cp1, w1] = ["cp1", "w1"].map((name) => configWith().nodes.find((node) => node.name === name)!) as [
  NodeConfig,
  NodeConfig,
];

describe("inventory", () => {
  for (const [profile, [authority, commonName, usages, withKubeadm, hardWay]] of Object.entries(EXPECTED))
    it(`${profile}: subject, usages and who signs it`, () => {
      const row = INVENTORY[profile as ProfileName];
      assert.deepEqual(
        [row.authority, row.commonName(w1), [...row.usages].sort().join(" ")],
        [authority, commonName, usages],
      );
      assert.deepEqual(row.organizations(at("1.36.3")), withKubeadm);
      assert.deepEqual(row.organizations(hardwayConfig()), hardWay);
    });

  it("has every profile, and no other", () => {
    assert.deepEqual([...PROFILE_NAMES].filter(isKnown).sort(), Object.keys(EXPECTED).sort());
    assert.deepEqual(Object.keys(INVENTORY).sort(), [...PROFILE_NAMES].sort());
  });

  it("keeps the API server's kubelet client in kubeadm's group up to 1.35, where no binding names the user", () => {
    const groups = (version: string) => INVENTORY["apiserver-kubelet-client"].organizations(at(version));
    assert.deepEqual(
      ["1.30.0", "1.34.2", "1.35.9"].map(groups),
      [1, 2, 3].map(() => ["kubeadm:cluster-admins"]),
    );
    assert.deepEqual(groups("1.36.0"), []);
  });

  it("gives clients no names to serve under", () => {
    const clients = Object.values(INVENTORY).filter(({ usages }) => !usages.includes("server"));
    assert.ok(clients.length > 0);
    for (const { sans } of clients) assert.deepEqual(sans(cp1, configWith()), []);
  });

  it("names an API server by all that it is called in a dual-stack cluster, each name once", () => {
    const config = at("1.36.3", {
      endpoint: "[fd00::9]:6443",
      dnsDomain: "corp.internal",
      serviceCidrs: ["10.32.0.0/16", "fd00:10::/112"],
      extraSans: ["api.example.org", "10.0.0.11", "*.api.example.org"],
    });
    assert.deepEqual(INVENTORY.apiserver.sans({ ...cp1, extraSans: ["cp1.example.org"] }, config), [
      "DNS:cp1",
      "DNS:kubernetes",
      "DNS:kubernetes.default",
      "DNS:kubernetes.default.svc",
      "DNS:kubernetes.default.svc.corp.internal",
      "IP:10.32.0.1",
      "IP:fd00:10::1",
      "IP:10.0.0.11",
      "IP:fd00::9",
      "DNS:api.example.org",
      "DNS:*.api.example.org",
      "DNS:cp1.example.org",
    ]);
  });

  it("names etcd by its node, its addresses and localhost, for clients and for peers", () => {
    const node = { ...cp1, extraSans: ["etcd-1.example.org", "10.9.9.9"] };
    for (const profile of ["etcd-server", "etcd-peer"] as const)
      assert.deepEqual(INVENTORY[profile].sans(node, configWith()), [
        "DNS:cp1",
        "DNS:localhost",
        "IP:10.0.0.11",
        "IP:127.0.0.1",
        "IP:::1",
        "DNS:etcd-1.example.org",
        "IP:10.9.9.9",
      ]);
  });

  it("names what kubespray has of etcd as it does: short, and by every member", () => {
    const config = configWith({ ...HARDWAY, layout: "kubespray" });
    const node = { ...config.nodes[0]!, name: "e1.example.org", extraSans: ["10.9.9.9"] };
    for (const [profile, commonName] of [
      ["etcd-server", "etcd-member-e1"],
      ["etcdctl-etcd-client", "etcd-admin-e1"],
      ["apiserver-etcd-client", "etcd-node-e1"],
    ] as const) {
      const row = profileRow(profile, config);
      assert.equal(row.commonName(node), commonName);
      assert.deepEqual(row.usages, ["server", "client"]);
      assert.deepEqual(row.organizations(config), []);
      assert.deepEqual(row.sans(node, config), [
        "DNS:localhost",
        "DNS:e1",
        "DNS:e2",
        "DNS:e3",
        "DNS:etcd",
        "DNS:etcd.kube-system",
        "DNS:etcd.kube-system.svc",
        "DNS:etcd.kube-system.svc.cluster.local",
        "IP:10.0.0.31",
        "IP:10.0.0.32",
        "IP:10.0.0.33",
        "IP:127.0.0.1",
        "IP:::1",
        "IP:10.9.9.9",
      ]);
    }
    for (const profile of PROFILE_NAMES) assert.equal(profileRow(profile, hardwayConfig()), INVENTORY[profile]);
  });

  it("names API servers as the workers' proxies ask for them, where there are any", () => {
    const names = (config: Config) => INVENTORY.apiserver.sans(cp1, config);
    const local = ["DNS:localhost", "IP:127.0.0.1", "IP:::1"];
    assert.deepEqual(
      names(kubesprayConfig()).filter((san) => !names(configWith()).includes(san)),
      local,
    );
    const [off, on] = [0, 6443].map((workerProxyPort) => ({ ...(RAW["cluster"] as object), workerProxyPort }));
    assert.deepEqual(names(configWith({ layout: "kubespray", cluster: off })), names(configWith()));
    assert.deepEqual(names(configWith({ cluster: on })), names(kubesprayConfig()));
  });

  it("names a kubelet by its node, its address and what the stack file adds", () => {
    const node = { ...w1, extraSans: ["w1.example.org"] };
    assert.deepEqual(INVENTORY["kubelet-server"].sans(node, configWith()), [
      "DNS:w1",
      "IP:10.0.0.21",
      "DNS:w1.example.org",
    ]);
    assert.deepEqual([sanOf("fd00::1"), sanOf("api")], ["IP:fd00::1", "DNS:api"]);
  });
});
