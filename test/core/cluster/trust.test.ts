import assert from "node:assert/strict";
import { learnedFromNodes, trustedBy, trustTexts } from "../../../core/cluster/trust";
import { configWith } from "../fixture";

const pem = (name: string): string => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----\n`;
const [one, two, three, theirs] = ["MQ==", "Mg==", "Mw==", "dA=="].map(pem) as [string, string, string, string];
const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };

describe("what those in the cluster are told of trust", () => {
  it("is the new CA, first, and the old one", () => {
    for (const phase of ["trust", "issue", "done"])
      assert.deepEqual(trustTexts(configWith({ rotation: { generation: 3, phase } }), [one, two, three], undefined), {
        ca: three,
        final: three,
        rotating: three + two,
        old: two,
      });
    assert.deepEqual(trustTexts(configWith(), [one], undefined), {
      ca: one,
      final: one,
      rotating: one,
      old: "",
    });
  });

  it("is all of them by the clock, which may have gone by without a run", () => {
    const rotation = { generation: 1, rotateEvery: "365d", since: "2024-11-01T00:00:00Z" };
    const { rotating } = trustTexts(configWith({ rotation }), [one, two, three], undefined);
    assert.equal(rotating, three + two + one);
  });

  it("comes from a node if the old CA is not the stack's", () => {
    assert.ok(learnedFromNodes(configWith({ adopt, rotation: { phase: "issue" } })));
    assert.ok(!learnedFromNodes(configWith({ adopt, rotation: { generation: 2 } })));
    const stdout = `file /etc/x replaced\ntrusted ca:etcd\n${two}trusted ca:kubernetes\n${theirs}${one}trusted ca:frontproxy\n${three}done 01234567 changed\n`;
    assert.equal(trustedBy(stdout), theirs + one);
    assert.equal(trustedBy(`trusted ca:kubernetes\n${one}done 01234567 unchanged\n`), one);
    assert.deepEqual(trustTexts(configWith({ adopt }), [one], trustedBy(stdout)), {
      ca: one,
      final: one,
      rotating: one + theirs,
      old: theirs,
    });
    assert.throws(() => trustedBy("done 01234567 changed\n"), /did not report which CAs it trusts/);
  });

  it("is told by a node where signers come and go with control planes", () => {
    const authority = { kind: "vault", vault: { address: "https://vault.example.com:8200" }, csrSigner: "node" };
    const config = configWith({ authority, rotation: { generation: 2 }, rollout: { acceptEtcdDowntime: true } });
    assert.ok(learnedFromNodes(config));
    const [ofOne, ofTwo] = ["czE=", "czI="].map(pem) as [string, string];
    assert.deepEqual(trustTexts(config, [one, two + ofTwo], one + ofOne + two + ofTwo), {
      ca: two,
      final: two + ofTwo,
      rotating: two + ofTwo + one + ofOne,
      old: one + ofOne,
    });
  });
});
