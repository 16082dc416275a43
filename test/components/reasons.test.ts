/** Mocks know no hooks; the engine's own output is in test/withTools/reasons.test.ts. */
import assert from "node:assert/strict";
import { mock } from "node:test";
import { setMocks } from "@pulumi/pulumi/runtime";
import type { RegisterResourceHookRequest } from "@pulumi/pulumi/proto/resource_pb";
import { getCallbacks, getMonitor } from "@pulumi/pulumi/runtime/settings";
import * as state from "@pulumi/pulumi/runtime/state";
import type { ResourceHook } from "@pulumi/pulumi";
import { Reasons } from "../../components/reasons";
import { planCluster } from "../../core/plan";
import { configWith, NOW } from "../core/fixture";
import { FIXTURES } from "./fixtures";
import { graphOf } from "./graph";

/** The SDK keeps it out of its types. */
const store = () => (state as unknown as { getStore: () => { supportsResourceHooks: boolean } }).getStore();

/** As the SDK takes one for its own. */
const hookNamed = (name: string): ResourceHook =>
  ({ name, __pulumiResourceHook: true, __registered: Promise.resolve() }) as unknown as ResourceHook;

describe("reasons of steps on nodes", () => {
  it("are told of each that changes something, on its node's row, before it is made and before it runs again", async () => {
    const of = mock.method(Reasons.prototype, "of", (resource: string) => ({
      beforeCreate: [hookNamed(`make ${resource}`)],
      beforeUpdate: [hookNamed(`change ${resource}`)],
    }));
    const { all, asked } = await graphOf({ ...FIXTURES["generated CAs, rotated"] });
    of.mock.restore();
    const isTold = (name: string): boolean => /^prod-(cp1|cp2|w1)-(trust|apply|tokens|retire)$/.test(name);
    assert.equal(all.filter(({ name }) => isTold(name)).length, 4 * 3);
    for (const { name } of all)
      assert.deepEqual(asked.get(name)?.hooks ?? [], isTold(name) ? [`make ${name}`, `change ${name}`] : [], name);
  });

  it("end no run where they fail", async () => {
    await setMocks({ newResource: () => ({ id: "id", state: {} }), call: () => ({}) }, "kube-pki", "test", false);
    const requests: RegisterResourceHookRequest[] = [];
    const registerResourceHook = (request: RegisterResourceHookRequest, done: (error: null) => void): void => {
      requests.push(request);
      done(null);
    };
    Object.assign(getMonitor() ?? {}, { registerResourceHook });
    store().supportsResourceHooks = true;
    const config = configWith();
    const cluster = planCluster(config, NOW);
    const reasons = new Reasons("prod", cluster, config);
    const { beforeCreate = [], beforeUpdate = [] } = reasons.of("a", "apply", cluster.nodes[0]!, {} as never);
    for (const hook of [...beforeCreate, ...beforeUpdate])
      await (hook as unknown as { __registered: Promise<void> }).__registered;
    assert.deepEqual([beforeCreate.length, beforeUpdate.length], [1, 1]);
    assert.deepEqual(
      requests.map((request) => [request.getName(), request.getIgnoreErrors(), request.getOnDryRun()]),
      [["prod-reasons", true, false]],
    );
    getCallbacks()?.shutdown();
    store().supportsResourceHooks = false;
  });
});
