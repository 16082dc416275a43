import assert from "node:assert/strict";
import { generationOfCa } from "./kubelets";

describe("the generation of a CA", () => {
  it("is what the name says that a stack gives it, whatever the order of the bundle", () => {
    for (const trusted of [
      [1, 2],
      [2, 1],
    ]) {
      assert.equal(generationOfCa("CN=lab-kubernetes-ca-g2", trusted), 2);
      assert.equal(generationOfCa("O=lab\nCN=lab-kubernetes-ca-g1", trusted), 1);
    }
  });

  it("is the oldest trusted where the cluster had it before", () => {
    assert.equal(generationOfCa("CN=kubernetes", [2, 1]), 1);
    assert.equal(generationOfCa("O=fleet\nCN=kubernetes-ca", [1, 0]), 0);
    assert.equal(generationOfCa("CN=kubernetes", [1]), 1);
  });
});
