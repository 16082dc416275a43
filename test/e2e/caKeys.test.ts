import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { authoritiesOf } from "../../components/authority/generations";
import { planCluster } from "../../core/plan";
import { configWith, NOW } from "../core/fixture";
import { errorsOf, TestStack } from "../lab/plugins/testStack";
import { caKeysIn } from "./caKeys";

describe("CA keys in an exported state", function () {
  this.timeout(120_000);

  it("are found in the envelope of a secret, by the certificate they belong to", async () => {
    const stack = await TestStack.create();
    try {
      const config = configWith();
      const run = await stack.up(() => {
        const planned = { config, plan: planCluster(config, NOW), clients: [], signerRequests: () => new Map() };
        const { generations } = authoritiesOf("prod", planned, {});
        return { key: pulumi.secret(generations?.etcd.target.keyPem ?? "") };
      });
      assert.equal(run.failed, false, errorsOf(run));
      const exported = JSON.stringify(await stack.exported());
      const all = ["etcd", "front-proxy", "kubernetes"].map((name) => `CN=prod-${name}-ca-g1`);
      assert.deepEqual(caKeysIn(exported), all);
      const without = exported.replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]+?-----END [A-Z ]*PRIVATE KEY-----/g, "");
      assert.deepEqual(caKeysIn(without), []);
    } finally {
      stack.remove();
    }
  });
});
