import assert from "node:assert/strict";
import {
  canSign,
  isInUse,
  isRotating,
  attemptKey,
  generationsUpTo,
  hasReached,
  issuerOf,
  retiresOld,
  seeksOld,
  stateOf,
  trustedOf,
  wasAborted,
} from "../../../core/authorities/rotation";
import type { Config } from "../../../core/schema/config";
import { configWith } from "../fixture";

const PIN = "ab".repeat(32);
const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };

describe("rotation", () => {
  it("says per phase who signs and what is trusted, the signer first", () => {
    const states = (["trust", "issue", "done"] as const).map((phase) => ({ generation: 3, phase }));
    assert.deepEqual(states.map(issuerOf), [2, 3, 3]);
    assert.deepEqual(states.map(trustedOf), [[2, 3], [3, 2], [3]]);
  });

  it("looks for who needs the old one, and lets go of it, in the last phase alone", () => {
    const phases = [{ phase: "trust" }, { phase: "issue" }, { phase: "done" }] as const;
    assert.deepEqual(phases.map(seeksOld), [false, false, true]);
    assert.deepEqual(phases.map(retiresOld), [false, false, true]);
  });

  it("calls an attempt by the same name for ever: another one would begin a rotation anew on every cluster", () => {
    const rotation = {
      generation: 3,
      phase: "issue",
      etcd: { phase: "done" },
      serviceAccount: { generation: 2, phase: "trust" },
    };
    assert.equal(attemptKey(configWith({ rotation })), "3 open, 3, 3 open, 2 open");
    assert.equal(attemptKey(configWith()), "1, 1, 1, 1");
    const authority = { kind: "vault", vault: { address: "https://vault.example.com:8200" }, csrSigner: "node" };
    assert.equal(attemptKey(configWith({ authority, rotation: {} })), "1, 1, 1, 1, cp1, cp2, cp3");
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

  it("has reached a phase by the token key alone as well, unless that is left to others", () => {
    const rotation = { generation: 2, phase: "trust", serviceAccount: { phase: "done" } };
    const others = { serviceAccount: { enabled: false } };
    assert.equal(hasReached(configWith({ rotation }), "done"), true);
    assert.equal(
      hasReached(configWith({ rotation: { generation: 2, phase: "trust" }, authority: others }), "done"),
      false,
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

  it("may have been aborted where it stands at the start again, and the cluster has had its CA for longer", () => {
    const at = (rotation: Config["rotation"], existing = true): boolean =>
      wasAborted({
        ...configWith(),
        ...(rotation && { rotation }),
        authority: {
          ...configWith().authority,
          ...(existing ? { kubernetes: { certificate: "PEM", key: "PEM" } } : {}),
        },
      });
    const rotationOf = (changes: Readonly<Record<string, unknown>>) => configWith({ rotation: changes }).rotation;
    assert.deepEqual(
      [at(rotationOf({})), at(rotationOf({ etcd: { generation: 2 } })), at(rotationOf({ generation: 2 }))],
      [true, true, false],
    );
    assert.deepEqual([at(undefined), at(rotationOf({}), false)], [false, false]);
  });

  it("cannot sign with a key it took no possession of", () => {
    const adopted = configWith({ adopt, rotation: { generation: 1, phase: "trust" } });
    assert.equal(canSign(adopted, "kubernetes"), false);
    assert.equal(canSign(configWith({ adopt }), "kubernetes"), true);
  });
});
