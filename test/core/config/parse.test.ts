import assert from "node:assert/strict";
import { rawConfig } from "../../../core/config/parse";
import { config, HOST_KEY, makeCa, node, parsed, NOW } from "./fixtures";

const DAY = 86_400;

const EMBEDDED = [{ kind: "embedded", keyIn: "state" }];

describe("parseConfig", () => {
  it("fills in every default", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(parsed(config()))), {
      asOf: NOW.toISOString(),
      cluster: {
        name: "prod",
        kubernetesVersion: "1.34.2",
        endpoint: "api.example.com:6443",
        serviceCidrs: ["10.96.0.0/12"],
        dnsDomain: "cluster.local",
        extraSans: [],
        listeners: {},
      },
      nodes: [
        { ...node("cp1", "10.0.0.1"), roles: ["control-plane", "etcd"], extraSans: [], joining: false },
        { ...node("w1", "10.0.0.2"), roles: ["worker"], extraSans: [], joining: false },
      ],
      ssh: { user: "root", port: 22, agent: true, sudo: false, insecureIgnoreHostKeys: false },
      layout: "kubeadm",
      files: {},
      services: {},
      authority: {
        backends: { kubernetes: EMBEDDED, etcd: EMBEDDED, frontProxy: EMBEDDED },
        signed: { kubernetes: {}, etcd: {}, frontProxy: {} },
        oneCa: false,
        requests: 1,
        algorithm: "ECDSA-P256",
        validitySeconds: 3650 * DAY,
      },
      certificates: {
        validitySeconds: 365 * DAY,
        renewEverySeconds: (365 * DAY * 2) / 3,
        renewalIsDefault: true,
        algorithm: "ECDSA-P256",
        keyLocation: "node",
        renewAt: {},
        profiles: {},
        own: {},
      },
      restart: "auto",
      rollout: {
        strategy: "rolling",
        workersAtOnce: "25%",
        canary: true,
        acceptEtcdDowntime: false,
        apiServerShutdownFlags: false,
        readers: [],
      },
      inCluster: {
        enabled: true,
        publishStatus: false,
        approveKubeletServing: false,
        restart: [],
        reload: [],
        caBundles: [],
      },
      users: [],
    });
  });

  it("leaves etcd where it was put", () => {
    const { nodes } = parsed(
      config({
        nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), node("e1", "10.0.0.3", { roles: ["etcd"] })],
      }),
    );
    assert.deepEqual(
      nodes.map(({ roles }) => roles),
      [["control-plane"], ["etcd"]],
    );
  });

  it("writes addresses, names and keys in one spelling", () => {
    const result = parsed(
      config({
        cluster: {
          name: "prod",
          kubernetesVersion: "v1.30.0",
          endpoint: "FD00:0:0::A",
          serviceCidrs: ["10.96.0.0/12", "FD00:1:0::/108"],
          extraSans: ["*.Example.COM", "2001:DB8::0:1"],
        },
        nodes: [node("cp1", "FD00::0:B", { roles: ["control-plane"], ssh: { hostKey: ` ${HOST_KEY}  root@cp1\n` } })],
      }),
    );
    assert.equal(result.cluster.kubernetesVersion, "1.30.0");
    assert.equal(result.cluster.endpoint, "[fd00::a]:6443");
    assert.deepEqual(result.cluster.serviceCidrs, ["10.96.0.0/12", "fd00:1::/108"]);
    assert.deepEqual(result.cluster.extraSans, ["*.example.com", "2001:db8::1"]);
    assert.equal(result.nodes[0]?.address, "fd00::b");
    assert.equal(result.nodes[0].ssh?.hostKey, HOST_KEY);
  });

  it("keeps only the PEM of an existing CA, ending with a newline", async () => {
    const ca = await makeCa("kubernetes");
    const written = {
      certificate: `Certificate:\r\n    Data:\r\n${ca.certificate.trim().replace(/\n/g, "\r\n")}`,
      key: ca.key.trim(),
    };
    assert.deepEqual(parsed(config({ authority: { kubernetes: written } })).authority.kubernetes, ca);
  });

  it("takes host keys of no node when they are to be ignored", () => {
    const nodes = [{ name: "cp1", address: "10.0.0.1", roles: ["control-plane"] }];
    assert.equal(parsed(config({ nodes, ssh: { agent: true, insecureIgnoreHostKeys: true } })).nodes.length, 1);
  });

  it("reads the moment to plan for, also as Pulumi hands over a timestamp without quotes", () => {
    for (const asOf of [
      "2027-01-01T01:00:00+01:00",
      "2027-01-01",
      "2027-01-01 00:00:00 +0000 UTC",
      "2027-01-01 01:00:00 +0100 CET",
      "2026-12-31 20:30:00 -0330 -0330",
    ])
      assert.deepEqual(parsed(config({ asOf })).asOf, new Date("2027-01-01T00:00:00Z"), asOf);
  });

  it("takes the names of units and manifests with the endings of their files", () => {
    const { services, rollout } = parsed(
      config({
        services: { kubelet: { unit: "kubelet.service" }, "kube-apiserver": { unit: "kube-apiserver.yaml" } },
        rollout: { readers: [{ kind: "systemd", name: "keepalived.service", reads: ["/etc/kubernetes/pki/ca.crt"] }] },
      }),
    );
    assert.deepEqual([services.kubelet?.unit, services["kube-apiserver"]?.unit], ["kubelet", "kube-apiserver"]);
    assert.deepEqual(
      rollout.readers.map(({ name }) => name),
      ["keepalived"],
    );
  });

  it("takes fingerprints as openssl, sha256sum and kubeadm write them", () => {
    const digits = "ab".repeat(32);
    const pairs = digits.toUpperCase().match(/../g)!;
    for (const etcd of [
      digits,
      `sha256:${digits}`,
      `SHA256 Fingerprint=${pairs.join(":")}`,
      pairs.join(" "),
      `${digits}  -`,
    ])
      assert.equal(
        parsed(
          config({ adopt: { kubernetes: digits, etcd, frontProxy: digits }, rollout: { acceptEtcdDowntime: true } }),
        ).adopt?.etcd,
        digits,
        etcd,
      );
  });
});

describe("rawConfig", () => {
  it("takes one namespace, and plain words as themselves", () => {
    const all = {
      "kube-pki:layout": "kubeadm",
      "kube-pki:ssh": '{"agent":true}',
      "aws:region": "x",
      "kube-pki:a:b": "1",
    };
    assert.deepEqual(rawConfig(all), { layout: "kubeadm", ssh: { agent: true }, "a:b": 1 });
  });
});
