import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import * as debuggable from "@pulumi/pulumi/runtime/debuggable";
import { shortenSdkStacks } from "../../components/sdkStacks";

/** Runs it that many calls deep. */
const deep = <T>(calls: number, run: () => T): T => (calls === 0 ? run() : deep(calls - 1, run));

const { debuggablePromise } = debuggable as unknown as { debuggablePromise: <T>(promise: Promise<T>) => Promise<T> };

describe("stacks that the SDK takes", () => {
  const limit = Error.stackTraceLimit;
  before(() => {
    shortenSdkStacks();
    Error.stackTraceLimit = 40;
  });
  after(() => {
    Error.stackTraceLimit = limit;
  });

  it("for a promise are short", async () => {
    const failure = new Error("so that it shows its promise");
    await assert.rejects(deep(30, () => debuggablePromise(Promise.reject(failure))));
    const { promise } = failure as unknown as { promise: { _debugStackTrace: string } };
    assert.equal(promise._debugStackTrace.split("\n").length, 2);
    assert.match(promise._debugStackTrace, /^Error\n {4}at .*debuggable\.js:\d+:\d+\)?$/);
  });

  it("for a resource are short, and places in files", () => {
    const { callsites } = pulumi.Resource as unknown as { callsites: () => readonly { file?: string }[] };
    const sites = deep(30, () => callsites());
    assert.equal(sites.length, 8);
    assert.ok(sites.at(-1)?.file?.endsWith("sdkStacks.test.ts"), JSON.stringify(sites));
  });

  it("are the only ones that are cut", () => {
    const { stack } = deep(30, () => new Error("broken"));
    assert.ok((stack?.split("\n").length ?? 0) > 30, stack);
    assert.match(stack ?? "", /^Error: broken\n {4}at .*sdkStacks\.test\.ts:\d+:\d+/);
  });
});
