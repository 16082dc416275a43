/** What the oracle of the walks finds among files that are not as they have to be. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { makeCa, type ExistingCa } from "../core/config/fixtures";
import { leaf, type Pair } from "../node/pki";
import type { Files } from "./files";
import { broken, notAt, notOf } from "./oracle";

const certificate = (pem: string): X509Certificate => new X509Certificate(pem);
const NOW = new Date();

describe("oracle of the walks", () => {
  let [old, next] = [] as unknown as [ExistingCa, ExistingCa];
  let [own, other, ended] = [] as unknown as [Pair, Pair, Pair];

  before(async () => {
    [old, next] = [await makeCa("walk-kubernetes-ca-g1"), await makeCa("walk-kubernetes-ca-g2")];
    const signer = { cert: old.certificate, key: old.key };
    [own, other, ended] = [leaf(signer), leaf(signer), leaf(signer, "leaf", { days: -1 })];
  });

  /** A node that presents a leaf, and trusts these. */
  const node = (name: string, { cert, key }: Pair, trusted: readonly ExistingCa[]): Files => ({
    node: name,
    leaves: [
      { where: `${name}:leaf`, profile: "apiserver", authority: "kubernetes", certificate: certificate(cert), key },
    ],
    trusts: [
      {
        where: `${name}:ca`,
        authority: "kubernetes",
        cas: trusted.map((ca) => certificate(ca.certificate)),
      },
    ],
    signers: [],
    tokens: [],
    missing: [],
    unreadable: [],
  });
  const G1 = { generation: 1, phase: "done" } as const;
  const TRUST = { generation: 2, phase: "trust" } as const;

  it("has nothing to say of a cluster that is whole", () => {
    const all = [node("n1", own, [old]), node("n2", other, [old])];
    assert.deepEqual([broken(all, NOW), notOf(all, [G1]), notAt(all, G1)], [[], [], []]);
    const both = [node("n1", own, [old, next]), node("n2", other, [next, old])];
    assert.deepEqual([broken(both, NOW), notAt(both, TRUST)], [[], []]);
  });

  it("finds a key that does not fit, a leaf that has ended, and one that a peer does not accept", () => {
    const mixed = node("n1", { cert: own.cert, key: other.key }, [old]);
    assert.deepEqual(broken([mixed], NOW), ["n1:leaf: certificate and key do not fit"]);
    assert.deepEqual(broken([node("n1", ended, [old])], NOW), ["n1:leaf: has ended"]);
    assert.deepEqual(broken([node("n1", own, [old]), { ...node("n2", own, [next]), leaves: [] }], NOW), [
      "n1:leaf, of walk-kubernetes-ca-g1, is not accepted by n2:ca",
    ]);
  });

  it("finds a signer whose certificate is not its own, or is not trusted, and tokens that nobody takes", () => {
    const signer = (ca: ExistingCa, key: ExistingCa): Files => ({
      ...node("n1", own, [old]),
      signers: [
        { where: "n1:signer", authority: "kubernetes", certificates: [certificate(ca.certificate)], key: key.key },
      ],
    });
    assert.deepEqual(broken([signer(old, next)], NOW), ["n1: n1:signer: no certificate beside it is its own"]);
    assert.deepEqual(broken([signer(next, next)], NOW), ["what n1:signer signs is not accepted by n1:ca"]);
    const tokens = [
      { where: "n1:sa.key", half: "private" as const, text: old.key },
      {
        where: "n1:sa.pub",
        half: "public" as const,
        text: certificate(next.certificate).publicKey.export(SPKI).toString(),
      },
    ];
    assert.deepEqual(broken([{ ...node("n1", own, [old]), tokens }], NOW), [
      "tokens of n1:sa.key are not accepted by n1:sa.pub",
    ]);
  });

  it("finds what is of another generation, what is trusted twice, and what is missing", () => {
    const all = [node("n1", own, [old, next])];
    assert.deepEqual(notOf(all, [G1]), ["n1:ca trusts generation 2, in g1 done"]);
    assert.deepEqual(notOf(all, [{ generation: 2, phase: "done" }]), [
      "n1:ca trusts generation 1, in g2 done",
      "n1:leaf is of generation 1, in g2 done",
    ]);
    assert.deepEqual(notAt([node("n1", own, [old])], TRUST), ["n1:ca trusts 1, in g2 trust"]);
    assert.deepEqual(notAt([node("n1", own, [old, old])], G1), ["n1:ca trusts 1, 1, in g1 done"]);
    assert.deepEqual(notAt([{ ...node("n1", own, [old]), missing: ["/x"] }], G1), ["n1: /x is missing"]);
  });
});

const SPKI = { type: "spki", format: "pem" } as const;
