import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { keyIdOf } from "../../../core/format/publicKey";
import { planCluster } from "../../../core/plan";
import { renewsTokens, runsPods, tokensPayload } from "../../../core/protocol/tokens";
import { configWith, hardwayConfig, NOW } from "../fixture";

const renews = (changes: Readonly<Record<string, unknown>>): boolean => renewsTokens(configWith(changes));

describe("tokens payload", () => {
  it("is for when the old token key is about to go, unless that is given up or nothing is to be restarted", () => {
    const rotation = { serviceAccount: { generation: 2 } };
    const PIN = "ab".repeat(32);
    assert.ok(renews({ rotation }));
    assert.ok(renews({ adopt: { kubernetes: PIN, etcd: PIN, frontProxy: PIN, serviceAccount: true } }));
    assert.ok(!renews({}));
    assert.ok(!renews({ rotation: { kubernetes: { generation: 2 } } }));
    assert.ok(!renews({ rotation: { serviceAccount: { generation: 2, phase: "issue" } } }));
    assert.ok(!renews({ rotation: { ...rotation, force: ["tokens"] } }));
    assert.ok(!renews({ restart: "never", rotation: { ...rotation, force: ["restarts"] } }));
  });

  it("names the kubelet, what proves it without a certificate, and the key that stays", () => {
    const key = generateKeyPairSync("ed25519").publicKey.export({ type: "spki", format: "pem" }).toString();
    const config = configWith();
    const plan = planCluster(config, NOW).nodes[0]!;
    assert.deepEqual(tokensPayload(plan, config, key).split("\n").slice(1), [
      "node cp1",
      `token-kid ${keyIdOf(key)}`,
      "gate tokens on",
      "consumer kubelet systemd kubelet",
      "health kubelet http 127.0.0.1:10248 /healthz -",
      "",
    ]);
  });

  it("is for nodes that run pods", () => {
    const nodes = planCluster(hardwayConfig(), NOW).nodes.filter(runsPods);
    assert.deepEqual(
      nodes.map(({ node }) => node.name),
      ["w1"],
    );
  });
});
