import assert from "node:assert/strict";
import { restorePayload } from "../../../core/protocol/restore";

const BACKUP = "20261130T044147Z-1a2b3c4d";
const job = {
  node: "cp1",
  backup: BACKUP,
  copies: [{ path: "/etc/kubernetes/pki/apiserver.crt", backup: `${BACKUP}.77`, n: "3" }],
  isProven: true,
};

describe("a restore payload", () => {
  it("names the set, the copies, and whether they are to be proven", () => {
    const [head = "", ...body] = restorePayload(job).trimEnd().split("\n");
    assert.match(head, /^kube-pki 1 restore \d+ [0-9a-f]{64}$/);
    assert.deepEqual(body, [
      "node cp1",
      `restored ${BACKUP}`,
      `copy /etc/kubernetes/pki/apiserver.crt ${BACKUP}.77 3`,
      "proof on",
    ]);
    assert.match(restorePayload({ ...job, isProven: false }), /\nproof off\n$/);
  });

  for (const backup of ["../first", "20261130T044147Z", "20261130T044147Z-1a2b3c4d/x"])
    it(`names no backup like ${backup}`, () => {
      assert.throws(() => restorePayload({ ...job, backup }), /node protocol, backup/);
    });
});
