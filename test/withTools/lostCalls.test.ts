import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { terminateRpcs } from "@pulumi/pulumi/runtime/settings";
import { errorsOf, TestStack } from "../lab/plugins/testStack";

/** What the SDK does when the engine answers a call with UNAVAILABLE: nothing more is sent, and nobody is told. */
const losesCall = () => {
  terminateRpcs();
};
const make = (protect: boolean) => () => {
  new pulumi.ComponentResource("test:index:Thing", "thing", {}, { protect });
};

describe("a call to the engine that the SDK loses", function () {
  this.timeout(60_000);
  let stack: TestStack;
  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  for (const protect of [false, true]) {
    it(`is told from a run that means to delete what is ${protect ? "" : "not "}protected`, async () => {
      await stack.up(make(protect));
      await assert.rejects(stack.up(losesCall), /^Error: the SDK lost a call to the engine/);
    });
  }

  it("is not blamed for a run that failed first", async () => {
    const run = await stack.up(() => {
      void pulumi.log.error("it is broken").then(losesCall);
    });
    assert.match(errorsOf(run), /it is broken/);
    assert.ok(run.failed);
  });
});
