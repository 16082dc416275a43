import assert from "node:assert/strict";
import type { Answer, Question } from "../clients/https";
import { BELOW_BUDGET, LET_IN, NEIGHBOUR_CLIENTS } from "./clients";
import { DENIAL } from "./webhook";

const answer = (status: number, body: unknown = {}): Answer => ({ status, body: JSON.stringify(body), again: false });

/** What a client that gets this answer counts, and why it fails. */
const seen = async (name: keyof typeof NEIGHBOUR_CLIENTS, given: Answer) => {
  const counted: string[] = [];
  const asked: Omit<Question, "host" | "port">[] = [];
  const api = (question: Omit<Question, "host" | "port">): Promise<Answer> => {
    asked.push(question);
    return Promise.resolve(given);
  };
  const failure = await NEIGHBOUR_CLIENTS[name]
    .once(api, (fact: string) => {
      counted.push(fact);
    })
    .then(
      () => undefined,
      (error: unknown) => String(error),
    );
  return { counted, failure, asked };
};

const pod = (app: string, { ready = true, going = false } = {}) => ({
  metadata: { labels: { app }, ...(going ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});

describe("clients of the neighbours", () => {
  it("take an answer of metrics-server, and count one without any node", async () => {
    assert.deepEqual((await seen("kubectl top", answer(200, { items: [{}] }))).counted, []);
    assert.deepEqual((await seen("kubectl top", answer(200, { items: [] }))).counted, ["answers without any node"]);
    assert.match((await seen("kubectl top", answer(503))).failure ?? "", /status 503/);
  });

  it("take custom resources only in the version they have asked for", async () => {
    const list = (apiVersion: string) => answer(200, { items: [{ apiVersion }] });
    assert.equal((await seen("conversion webhook", list("neighbours.test/v2"))).failure, undefined);
    assert.match((await seen("conversion webhook", list("neighbours.test/v1"))).failure ?? "", /not converted/);
    assert.match((await seen("conversion webhook", answer(200, { items: [] }))).failure ?? "", /not converted/);
  });

  it("ask the webhook in a dry run, with the label it goes by", async () => {
    const { asked, failure } = await seen("webhook that allows", answer(201));
    assert.equal(failure, undefined);
    assert.match(asked[0]?.path ?? "", /\?dryRun=All$/);
    assert.match(asked[0]?.body ?? "", /"neighbours\/ask"/);
    assert.match((await seen("webhook that allows", answer(500, "x509"))).failure ?? "", /status 500 .*x509/);
  });

  it("want an object denied, and by the webhook itself", async () => {
    const name = "webhook that denies";
    assert.equal((await seen(name, answer(400, { message: DENIAL }))).failure, undefined);
    const letIn = await seen(name, answer(201));
    assert.deepEqual([letIn.counted, letIn.failure !== undefined], [[LET_IN], true]);
    assert.match((await seen(name, answer(400, { message: "malformed" }))).failure ?? "", /denied by another/);
    assert.match((await seen(name, answer(500, "failed calling webhook"))).failure ?? "", /status 500/);
  });

  it("count pods as a PodDisruptionBudget does: ready, and not about to go", async () => {
    const name = "PodDisruptionBudgets";
    const both = [pod("webhook"), pod("ledger"), pod("ledger", { ready: false })];
    assert.deepEqual(await seen(name, answer(200, { items: both })).then(({ counted }) => counted), []);
    for (const state of [{ ready: false }, { going: true }]) {
      const { counted, failure } = await seen(name, answer(200, { items: [pod("webhook"), pod("ledger", state)] }));
      assert.deepEqual(counted, [BELOW_BUDGET]);
      assert.match(failure ?? "", /ledger: 0 pods ready, at least 1 wanted/);
    }
  });
});
