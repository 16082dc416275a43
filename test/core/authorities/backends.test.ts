import assert from "node:assert/strict";
import { backendOf } from "../../../core/authorities/backends";
import { hasOwnCsrSigner, hasCsrSigner } from "../../../core/authorities/csrSigner";
import type { AuthorityName } from "../../../core/model/authorities";
import { mountOf, mountsOf, usesVault } from "../../../core/vault/mounts";
import { configWith } from "../fixture";

const VAULT = { kind: "vault", vault: { address: "https://vault.example.com:8200" } };

describe("where generations are made", () => {
  const moved = configWith({
    authority: {
      ...VAULT,
      kind: { kubernetes: "vault", etcd: "embedded", frontProxy: "vault" },
      vault: { ...VAULT.vault, mounts: { kubernetes: "pki/new" } },
      earlier: [
        { generations: 1, kind: "embedded" },
        { generations: { kubernetes: 3, frontProxy: 2 }, kind: "vault", vault: { mounts: { kubernetes: "pki/old" } } },
      ],
    },
    rotation: { generation: 4 },
    rollout: { acceptEtcdDowntime: true },
  });

  it("is another place after each move, and for each authority", () => {
    const places = (name: AuthorityName) => [1, 2, 3, 4].map((generation) => mountOf(moved, name, generation)?.path);
    assert.deepEqual(places("kubernetes"), [undefined, "pki/old", "pki/old", "pki/new"]);
    assert.deepEqual(places("etcd"), [undefined, undefined, undefined, undefined]);
    const ours = "kube-pki/prod/front-proxy";
    assert.deepEqual(places("frontProxy"), [undefined, ours, ours, ours]);
    assert.deepEqual(mountsOf(moved, "kubernetes"), ["pki/old", "pki/new"]);
    assert.deepEqual(mountsOf(moved, "frontProxy"), [ours]);
  });

  it("cannot be asked for what its kind does not have", () => {
    const backend = backendOf(moved, "etcd", 1);
    // the compiler is the test: a CA whose key is in the state signs itself, and is in no mount
    // @ts-expect-error nobody else signs it
    assert.equal(backend.signedBy, undefined);
    // @ts-expect-error nobody else signs it
    assert.equal(backend.mount, undefined);
    assert.deepEqual(Object.keys(backend).sort(), ["keyIn", "kind", "upTo"]);
    assert.ok(backendOf(moved, "kubernetes", 4).keyIn === "server");
  });

  it("is asked only when something of it is in Vault", () => {
    assert.ok(usesVault(moved));
    const planned = { ...VAULT, earlier: [{ generations: 1, kind: "embedded" }] };
    assert.ok(!usesVault(configWith({ authority: planned })), "the move has not begun");
    assert.ok(
      usesVault(configWith({ authority: { ...planned, signedBy: { kind: "offline" }, requests: 2 } })),
      "but a request is made there",
    );
  });

  it("leaves the controller manager its signer: the CA's key, then an intermediate; and gives none that was not there", () => {
    const own = (authority: object, phase: string) =>
      hasOwnCsrSigner(
        configWith({ authority, rotation: { generation: 2, phase }, rollout: { acceptEtcdDowntime: true } }),
      );
    const into = { ...VAULT, earlier: [{ generations: 1, kind: "embedded" }] };
    assert.deepEqual(
      ["trust", "issue", "done"].map((phase) => own(into, phase)),
      [false, true, true],
    );
    const outOf = configWith({
      authority: { vault: VAULT.vault, kind: "embedded", earlier: [{ generations: 1, kind: "vault" }] },
    });
    assert.ok(!hasCsrSigner(outOf));
  });
});
