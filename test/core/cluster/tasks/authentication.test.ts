import assert from "node:assert/strict";
import { FakeCluster, NEW, OLD, OTHER, pem } from "../fakeKube";

const NAME = "extension-apiserver-authentication";
const [FRONT, OLD_FRONT] = [pem("ZnJvbnQ="), pem("b2xkZnJvbnQ=")];
const holds = (clients: string, frontProxy: string) => ({
  metadata: { name: NAME, namespace: "kube-system" },
  data: { "client-ca-file": clients, "requestheader-client-ca-file": frontProxy },
});
const deleted = [`remove configmaps kube-system/${NAME}`];

describe("task authentication-clean", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
    cluster.known["kubernetes"] = OLD + NEW;
    cluster.known["frontProxy"] = OLD_FRONT + FRONT;
  });
  const clean = (changes = {}) =>
    cluster.work({ tasks: ["authentication-clean"], ca: NEW, frontProxy: FRONT, ...changes });

  for (const [title, object] of [
    ["what holds only what stays", holds(NEW, FRONT)],
    ["what also holds a CA that is not this cluster's", holds(OTHER + NEW, FRONT)],
  ] as const)
    it(`lets ${title} be`, async () => {
      cluster.put("configmaps", object);
      assert.equal((await clean()).why, "");
      assert.deepEqual(cluster.changes, []);
    });

  it("deletes what holds more, and waits for it to come back", async () => {
    cluster.put("configmaps", holds(NEW, FRONT + OLD_FRONT));
    cluster.later(4, () => cluster.put("configmaps", holds(NEW, FRONT)));
    const done = await clean();
    assert.deepEqual([done.why, done.seconds], ["", 4]);
    assert.deepEqual(cluster.changes, deleted);
  });

  it("deletes once, and says whom to look at if the rest comes back", async () => {
    cluster.put("configmaps", holds(NEW + OLD, FRONT));
    cluster.after(/^remove/, () => cluster.put("configmaps", holds(NEW + OLD, FRONT)));
    const done = await clean();
    assert.match(
      done.why,
      /still holds an old CA of kubernetes after 60 s: an API server has other CA files than the rest/,
    );
    assert.deepEqual(cluster.changes, deleted);
  });

  it("deletes nothing that only lacks what stays", async () => {
    cluster.put("configmaps", holds(OTHER, FRONT));
    assert.match((await clean()).why, /lacks the new CA after 60 s/);
    assert.deepEqual(cluster.changes, []);
  });

  it("looks at the CA alone whose rotation has ended", async () => {
    cluster.put("configmaps", holds(NEW + OLD, FRONT));
    assert.equal((await cluster.work({ tasks: ["authentication-clean"], frontProxy: FRONT })).why, "");
  });
});
