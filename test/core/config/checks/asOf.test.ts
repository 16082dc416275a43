import assert from "node:assert/strict";
import { parseConfig } from "../../../../core/config/parse";
import { config, NOW, problems, type Raw } from "../fixtures";

/** What was due as of then and is not yet now. */
const REFUSALS: readonly (readonly [Raw, string])[] = [
  [
    { asOf: "2026-01-01" },
    "asOf: 2026-01-01T00:00:00Z, and 3 certificates have fallen due since, the first (w1 kubelet) 2026-01-16T20:50:36Z; must be later, because nothing would be renewed; remove it: `pulumi config rm kube-pki:asOf`",
  ],
];

describe("asOf in the stack file", () => {
  for (const [changes, sentence] of REFUSALS)
    it(sentence, () => {
      assert.deepEqual(problems(config(changes)), [sentence]);
    });

  it("may be past as long as nothing has fallen due since, and to come", () => {
    for (const asOf of ["2026-05-31T23:00:00Z", "2027-06-01T00:00:00Z"])
      assert.deepEqual(parseConfig(config({ asOf }), { now: NOW }).asOf, new Date(asOf));
  });

  it("is not refused in the values of a preview, which was made before", () => {
    const asOf = "2026-01-01T00:00:00Z";
    assert.deepEqual(parseConfig(config({ asOf }), { now: NOW, secretsHidden: true }).asOf, new Date(asOf));
  });
});
