/** Without a server; what one says, and what is made of it, is in test/withTools/vaultPreflight.test.ts. */
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { KINDS, preflight } from "../../components/authority/kinds";
import { BACKEND_KINDS, BACKENDS } from "../../core/model/backends";
import { configWith, NOW } from "../core/fixture";
import { freePort } from "../freePort";

describe("kinds of authorities", () => {
  it("whose keys are in a server ask it before a run: an `up` ends where it does not answer", async () => {
    const address = `https://127.0.0.1:${String(await freePort())}`;
    const config = configWith({ authority: { kind: "vault", vault: { address } } });
    await assert.rejects(preflight(config, NOW), (error) => {
      assert.ok(pulumi.RunError.isInstance(error));
      assert.match(error.message, /does not answer \(ECONNREFUSED\)/);
      return true;
    });
  });

  it("whose keys are in the state ask nobody", async () => {
    for (const kind of BACKEND_KINDS)
      if (BACKENDS[kind].keyIn === "state") await KINDS[kind].preflight(configWith(), NOW);
    await preflight(configWith(), NOW);
  });
});
