/** Programs of the Automation API run in the process that asks for the run, which goes on whatever becomes of them. */
import assert from "node:assert/strict";
import { ClusterPki } from "../../components";
import { argsWith } from "../core/fixture";
import { errorsOf, TestStack } from "../lab/plugins/testStack";

describe("an inline program whose authority cannot sign", function () {
  this.timeout(120_000);
  let stack: TestStack;
  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  it("fails in an up with the sentence of the preflight, and has made nothing", async () => {
    const vault = { address: "https://127.0.0.1:1" };
    const run = await stack.up(() => {
      const { certificates, trust } = new ClusterPki("prod", argsWith({ authority: { kind: "vault", vault } }));
      return { certificates, trust };
    });
    assert.ok(run.failed);
    assert.match(
      errorsOf(run),
      /^authority\.vault\.address: https:\/\/127\.0\.0\.1:1 does not answer \(ECONNREFUSED\); .*$/m,
    );
    assert.match(errorsOf(run), /the preflight failed, nothing was changed/);
    const { resources = [] } = (await stack.exported()) as { resources?: { type: string }[] };
    // the engine's own
    assert.deepEqual(
      resources.filter(({ type }) => !type.startsWith("pulumi:")),
      [],
    );
  });
});
