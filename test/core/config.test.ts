import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { leafPolicy, nodeConnection, rawConfig } from "../../core/config";
import { canonicalIp, canonicalSan, cidrText, ipNumber, ipText, parseCidr } from "../../core/config/address";
import { stackFileSchema, stackFileSchemaText } from "../../core/config/stackFileSchema";
import { PROFILE_NAMES } from "../../core/profileNames";
import { config, HOST_KEY, makeCa, makeKey, node, parsed } from "./config/fixtures";

const STACKS = join(__dirname, "..", "..", "stacks");
const DAY = 86_400;

const EMBEDDED = [{ kind: "embedded" }];

describe("parseConfig", () => {
  it("fills in every default", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(parsed(config()))), {
      cluster: {
        name: "prod",
        kubernetesVersion: "1.34.2",
        endpoint: "api.example.com:6443",
        serviceCidrs: ["10.96.0.0/12"],
        dnsDomain: "cluster.local",
        extraSans: [],
      },
      nodes: [
        { ...node("cp1", "10.0.0.1"), roles: ["control-plane", "etcd"], extraSans: [], bare: false },
        { ...node("w1", "10.0.0.2"), roles: ["worker"], extraSans: [], bare: false },
      ],
      ssh: { user: "root", port: 22, agent: true, sudo: false, insecureIgnoreHostKeys: false },
      layout: "kubeadm",
      authority: {
        backends: { kubernetes: EMBEDDED, etcd: EMBEDDED, frontProxy: EMBEDDED },
        signed: { kubernetes: {}, etcd: {}, frontProxy: {} },
        requests: 1,
        algorithm: "ECDSA-P256",
        validitySeconds: 3650 * DAY,
      },
      certificates: {
        validitySeconds: 365 * DAY,
        renewEverySeconds: (365 * DAY * 2) / 3,
        renewalIsDefault: true,
        algorithm: "ECDSA-P256",
        custody: "node",
        profiles: {},
      },
      restart: "auto",
      rollout: {
        workersAtOnce: "25%",
        canary: true,
        acceptEtcdDowntime: false,
        apiServerShutdownFlags: false,
      },
      inCluster: { enabled: true, restart: [], reload: [], caBundles: [] },
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

  it("keeps only the PEM of a given CA, ending with a newline", async () => {
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

  it("reads the moment to plan for", () => {
    assert.deepEqual(parsed(config({ asOf: "2027-01-01T01:00:00+01:00" })).asOf, new Date("2027-01-01T00:00:00Z"));
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

describe("leafPolicy", () => {
  const cases: readonly [string, Record<string, unknown>, number, number][] = [
    ["two thirds by default", { validity: "90d" }, 90, 60],
    ["what is left, converted", { validity: "90d", renewBefore: "10d" }, 90, 80],
    ["a period as given", { validity: "90d", renewEvery: "7d" }, 90, 7],
    ["two thirds of its own validity", { validity: "90d", profiles: { kubelet: { validity: "30d" } } }, 30, 20],
    [
      "the general rest, of its own validity",
      { renewBefore: "10d", profiles: { kubelet: { validity: "30d" } } },
      30,
      20,
    ],
    ["the general period", { renewEvery: "9d", profiles: { kubelet: { validity: "30d" } } }, 30, 9],
    [
      "its own rest over the general period",
      { renewEvery: "9d", profiles: { kubelet: { renewBefore: "5d" } } },
      365,
      360,
    ],
    [
      "its own period over the general rest",
      { renewBefore: "9d", profiles: { kubelet: { renewEvery: "5d" } } },
      365,
      5,
    ],
  ];
  for (const [what, certificates, validityDays, everyDays] of cases) {
    it(what, () => {
      const policy = leafPolicy(parsed(config({ certificates })), "kubelet");
      assert.equal(policy.validitySeconds, validityDays * DAY);
      assert.equal(policy.renewEverySeconds, everyDays * DAY);
    });
  }

  it("has a profile's own organizations, and none where the inventory's hold", () => {
    const organizations = ["system:masters"];
    const result = parsed(config({ certificates: { profiles: { admin: { organizations } } } }));
    assert.deepEqual(leafPolicy(result, "admin").organizations, organizations);
    assert.equal(leafPolicy(result, "super-admin").organizations, undefined);
  });

  it("overrides one profile and no other", () => {
    const result = parsed(
      config({ certificates: { profiles: { "super-admin": { enabled: false, algorithm: "RSA-2048" } } } }),
    );
    for (const name of PROFILE_NAMES) {
      const policy = leafPolicy(result, name);
      assert.equal(policy.enabled, name !== "super-admin");
      assert.equal(policy.algorithm, name === "super-admin" ? "RSA-2048" : "ECDSA-P256");
    }
  });
});

describe("nodeConnection", () => {
  it("goes to the node's address as the general login, unless the node says otherwise", () => {
    const ssh = { host: "cp1.example.com", port: 2222, user: "admin", hostKey: HOST_KEY };
    const result = parsed(
      config({
        ssh: { agent: true, user: "ops", sudo: true, port: 22022 },
        nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"], ssh }), node("w1", "10.0.0.2")],
      }),
    );
    assert.deepEqual(
      result.nodes.map((each) => nodeConnection(result, each)),
      [
        { ...ssh, sudo: true },
        { host: "10.0.0.2", port: 22022, user: "ops", hostKey: HOST_KEY, sudo: true },
      ],
    );
  });
});

describe("addresses", () => {
  it("come back from numbers", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (given) => {
        const ip = canonicalIp(given);
        if (ip === undefined) throw new Error(`refused ${given}`);
        const { value, bits } = ipNumber(ip);
        assert.equal(ipText(value, bits), ip);
        assert.equal(canonicalSan(ip), ip);
      }),
    );
  });

  it("are cut to their network", () => {
    const cut = (text: string) => {
      const network = parseCidr(text);
      return network === undefined ? undefined : cidrText(network);
    };
    assert.equal(cut("10.111.3.4/12"), "10.96.0.0/12");
    assert.equal(cut("fd00::ffff:1/108"), "fd00::fff0:0/108");
    assert.equal(cut("1.2.3.4/0"), "0.0.0.0/0");
    for (const wrong of ["1.2.3.4/33", "1.2.3/8", "::/129", "1.2.3.4/08", "/8", "1.2.3.4/"])
      assert.equal(cut(wrong), undefined);
  });
});

/** As much of the schema as is looked at here. */
interface Section {
  anyOf?: { properties: Record<string, { properties: object }> }[];
}

describe("stacks/", () => {
  it("has the schema that follows from the code: `npm run schema` writes it", () => {
    assert.equal(readFileSync(join(STACKS, "kube-pki.schema.json"), "utf8"), stackFileSchemaText());
  });

  const example = () =>
    parse(readFileSync(join(STACKS, "Pulumi.example.yaml"), "utf8")) as { config: Record<string, unknown> };
  const sections = () =>
    Object.fromEntries(Object.entries(example().config).map(([key, value]) => [key.replace("kube-pki:", ""), value]));

  it("has an example that is accepted as it stands", () => {
    const result = parsed(sections(), new Set());
    assert.deepEqual(
      result.nodes.map(({ name }) => name),
      ["cp1", "worker1"],
    );
    assert.equal(leafPolicy(result, "apiserver").renewEverySeconds, 60 * DAY);
  });

  it("lets a key be encrypted, and nowhere be plain", () => {
    const { properties } = (stackFileSchema() as { properties: { config: { properties: Record<string, Section> } } })
      .properties.config;
    const [ssh] = properties["kube-pki:ssh"]?.anyOf ?? [];
    assert.deepEqual(Object.keys(ssh!.properties["privateKey"]!.properties), ["secure"]);
    assert.ok(parsed(config({ ssh: { privateKey: makeKey() } })).ssh.privateKey?.endsWith("-----\n"));
  });
});
