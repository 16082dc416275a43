import assert from "node:assert/strict";
import { awaitsSigning, requestedAhead, unsigned } from "../../../core/authorities/offlineRoot";
import { configWith } from "../fixture";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };

const born = configWith({ authority: VAULT });

describe("CAs that people have signed", () => {
  const SIGNED = { kind: "offline" };

  it("wait at the beginning, until each has its certificate", () => {
    const config = configWith({ authority: { ...VAULT, signedBy: SIGNED } });
    assert.ok(awaitsSigning(config));
    assert.deepEqual(unsigned(config, "etcd"), [1]);
    assert.deepEqual(requestedAhead(config, "etcd"), []);
    assert.ok(!awaitsSigning(born));
  });

  it("are asked for ahead of a rotation", () => {
    const config = configWith({
      authority: { ...VAULT, signedBy: SIGNED, earlier: [{ generations: 1, kind: "vault" }], requests: 3 },
    });
    assert.ok(!awaitsSigning(config));
    assert.deepEqual(requestedAhead(config, "kubernetes"), [2, 3]);
  });
});
