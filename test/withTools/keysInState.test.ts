import assert from "node:assert/strict";
import { PrivateKey } from "@pulumi/tls";
import { errorsOf, TestStack } from "../lab/plugins/testStack";
import { keysIn } from "../e2e/keysInState";

describe("private keys in an exported state", function () {
  this.timeout(120_000);

  it("are found in the envelope of a secret, in every form", async () => {
    const stack = await TestStack.create();
    try {
      const run = await stack.up(() => ({ key: new PrivateKey("it", { algorithm: "ED25519" }).privateKeyPem }));
      assert.equal(run.failed, false, errorsOf(run));
      const found = new Set(keysIn(JSON.stringify(await stack.exported()), ""));
      assert.deepEqual(found, new Set(["OPENSSH ", ""].map((kind) => `-----BEGIN ${kind}PRIVATE KEY-----`)));
    } finally {
      stack.remove();
    }
  });

  it("are found in a kubeconfig, and the login's key is not counted", () => {
    const login = "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----\n";
    const exported = JSON.stringify({ ssh: JSON.stringify(login), user: "client-key-data: LS0tLS1CRUdJTiBQUklW\n" });
    assert.deepEqual(keysIn(exported, login), ["client-key-data: LS0t"]);
    assert.equal(keysIn(exported, "").length, 2);
    assert.deepEqual(keysIn(JSON.stringify({ template: "client-key-data: @b64:key:web@" }), ""), []);
  });
});
