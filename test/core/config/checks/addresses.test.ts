import assert from "node:assert/strict";
import { config, node, problems, type Raw } from "../fixtures";

const IP = "an IPv4 or IPv6 address without a prefix or zone";

const cluster = (changes: Raw): Raw => ({
  cluster: { name: "prod", kubernetesVersion: "1.34.2", endpoint: "api.example.com", ...changes },
});
const second = (changes: Raw): Raw => ({
  nodes: [node("cp1", "10.0.0.1", { roles: ["control-plane"] }), { ...node("w1", "10.0.0.2"), ...changes }],
});

/** What nobody could ever reach. */
const REFUSALS: readonly (readonly [Raw, string])[] = [
  ...(
    [
      ["127.0.0.1", "a loopback"],
      ["::1", "a loopback"],
      ["0.0.0.0", "an unspecified"],
      ["::", "an unspecified"],
      ["224.0.0.1", "a multicast"],
      ["ff02::1", "a multicast"],
      ["169.254.1.1", "a link-local"],
      ["fe80::1", "a link-local"],
      ["255.255.255.255", "a broadcast"],
      ["::ffff:10.0.0.9", "an IPv4-mapped"],
    ] as const
  ).map(([address, kind]): readonly [Raw, string] => [
    second({ address }),
    `nodes[1].address: "${address}"; must be ${IP}; it is ${kind} address, at which no other node reaches this one`,
  ]),
  [
    second({ address: "10.96.0.77" }),
    'nodes[1].address: "10.96.0.77"; must be outside of cluster.serviceCidrs, 10.96.0.0/12, whose addresses are no host\'s',
  ],
  [
    cluster({ endpoint: "10.96.0.1" }),
    'cluster.endpoint: "10.96.0.1"; must be outside of cluster.serviceCidrs, 10.96.0.0/12, whose addresses are no host\'s',
  ],
  [
    cluster({ endpoint: "0.0.0.0:6443" }),
    'cluster.endpoint: "0.0.0.0:6443"; must be "host:port", without https://; it is an unspecified address, to which nobody can connect',
  ],
  [
    cluster({ endpoint: "api:0" }),
    'cluster.endpoint: "api:0"; must be "host:port", without https://; the port must be from 1 to 65535',
  ],
  [
    cluster({ endpoint: "fd00::10:6443" }),
    'cluster.endpoint: "fd00::10:6443"; must be "host:port", without https://; it may be an address or end in a port, so write [fd00::10]:6443 or [fd00::10:6443]:6443',
  ],
  [
    cluster({ endpoint: "fd00::6443" }),
    'cluster.endpoint: "fd00::6443"; must be "host:port", without https://; it may be an address or end in a port, so write [fd00::6443]:6443',
  ],
];

describe("addresses in the stack file", () => {
  for (const [changes, sentence] of REFUSALS)
    it(sentence, () => {
      assert.deepEqual(problems(config(changes)), [sentence]);
    });

  it("may be a balancer's on localhost, and any host's", () => {
    for (const endpoint of [
      "localhost:6443",
      "127.0.0.1:6443",
      "fd00::10",
      "[fd00::10:6443]:6443",
      "FD00:0:0::A",
      "api",
    ])
      assert.deepEqual(problems(config(cluster({ endpoint }))), []);
    for (const address of ["10.95.255.255", "192.168.0.1", "100.64.0.1", "fd00::1"])
      assert.deepEqual(problems(config(second({ address }))), []);
  });
});
