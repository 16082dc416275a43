import assert from "node:assert/strict";
import {
  canSign,
  isInUse,
  isRotating,
  generationsUpTo,
  hasReached,
  issuerOf,
  stateOf,
  trustedOf,
} from "../../../core/authorities/rotation";
import { configWith } from "../fixture";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };

describe("rotation", () => {
  it("says per phase who signs and what is trusted, the signer first", () => {
    const states = (["trust", "issue", "done"] as const).map((phase) => ({ generation: 3, phase }));
    assert.deepEqual(states.map(issuerOf), [2, 3, 3]);
    assert.deepEqual(states.map(trustedOf), [[2, 3], [3, 2], [3]]);
  });

  it("keeps every generation, and protects those whose signatures may be presented", () => {
    const inUse = (phase: "trust" | "issue" | "done") =>
      generationsUpTo({ generation: 3 }).filter((each) => isInUse({ generation: 3, phase }, each));
    assert.deepEqual(generationsUpTo({ generation: 3 }), [1, 2, 3]);
    assert.deepEqual([inUse("trust"), inUse("issue"), inUse("done")], [[2], [2, 3], [3]]);
  });

  it("has no steps of its own until the stack file asks for them", () => {
    assert.equal(isRotating(configWith()), false);
    assert.equal(isRotating(configWith({ rotation: { generation: 1 } })), true);
    assert.equal(isRotating(configWith({ adopt })), true);
  });

  it("takes the general generation and phase where one of them has none of its own", () => {
    const config = configWith({ rotation: { generation: 2, phase: "trust", etcd: { phase: "issue" } } });
    assert.deepEqual(stateOf(config, "kubernetes"), { generation: 2, phase: "trust" });
    assert.deepEqual(stateOf(config, "etcd"), { generation: 2, phase: "issue" });
    assert.equal(hasReached(config, "done"), false);
    assert.equal(
      hasReached(configWith({ rotation: { generation: 2, phase: "trust", etcd: { phase: "done" } } }), "done"),
      true,
    );
  });

  it("counts generations by the clock, whole periods only", () => {
    const at = (asOf: string) =>
      stateOf(
        configWith({ asOf, rotation: { generation: 2, rotateEvery: "365d", since: "2026-01-01T00:00:00Z" } }),
        "kubernetes",
      ).generation;
    assert.deepEqual([at("2026-12-31T23:59:59Z"), at("2027-01-01T00:00:00Z"), at("2029-01-01T00:00:00Z")], [2, 3, 5]);
  });

  it("cannot sign with a key it took no possession of", () => {
    const adopted = configWith({ adopt, rotation: { generation: 1, phase: "trust" } });
    assert.equal(canSign(adopted, "kubernetes"), false);
    assert.equal(canSign(configWith({ adopt }), "kubernetes"), true);
  });
});
