/** Without a server; what one says, and what is made of it, is in test/withTools/vaultPreflight.test.ts. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki } from "../../components";
import { KINDS, preflight } from "../../components/authority/kinds";
import { afterPreflight } from "../../components/preflightGate";
import { BACKEND_KINDS, BACKENDS } from "../../core/model/backends";
import { argsWith, configWith, NOW } from "../core/fixture";
import { freePort } from "../freePort";
import { registeredBy, type Asked } from "./mocks";

describe("kinds of authorities", () => {
  it("are asked before anything is made", async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const asked = mock.method(KINDS.embedded, "preflight", () => answered);
    const made: string[] = [];
    const program = () => new ClusterPki("prod", argsWith()).certificates;
    const done = registeredBy(program, false, undefined, undefined, made);
    await sleep(1000); // as long as it takes to make the first ones
    assert.equal(made.length, 0);
    answer();
    await done;
    assert.ok(made.includes("prod-cp1-apply"));
    asked.mock.restore();
  });

  it("say why they refuse a run, by a resource beside the component, whose own come after it", async () => {
    const refused = mock.method(KINDS.embedded, "preflight", () => Promise.reject(new pulumi.RunError("no")));
    const errors: string[] = [];
    const log = mock.method(pulumi.log, "error", (text: string) => Promise.resolve(void errors.push(text)));
    const asked = new Map<string, Asked>();
    await registeredBy(
      () => {
        const parent = new pulumi.ComponentResource("test:index:Row", "row");
        return new pulumi.ComponentResource(
          "test:index:Own",
          "own",
          {},
          afterPreflight("prod", configWith(), { parent }),
        ).urn;
      },
      false,
      asked,
    );
    for (const each of [refused, log]) each.mock.restore();
    assert.deepEqual(errors, ["no"]);
    assert.equal(asked.get("prod-preflight")?.parent, "row");
    assert.deepEqual([...asked.keys()].slice(-2), ["prod-preflight", "test:index:Own own"]);
  });

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
