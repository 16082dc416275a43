import assert from "node:assert/strict";
import { FakeCluster } from "../fakeKube";

const header = (kid: string) => Buffer.from(JSON.stringify({ alg: "RS256", kid })).toString("base64url");
const token = (name: string, text: string) => ({ namespace: "a", name, header: text });

describe("task tokens", () => {
  let cluster: FakeCluster;
  beforeEach(() => {
    cluster = new FakeCluster();
  });
  const run = (force: readonly "tokens"[] = []) => cluster.work({ tasks: ["tokens"], tokenKid: "new", force });

  it("takes the token out of each Secret whose key goes, and waits for new ones", async () => {
    cluster.headers = [token("my.one", header("old")), token("two", header("new")), token("three", "")];
    cluster.after(/^patch/, () => (cluster.headers = [token("my.one", ""), token("two", header("new"))]));
    cluster.later(6, () => (cluster.headers = [token("my.one", header("new")), token("two", header("new"))]));
    const done = await run();
    assert.deepEqual([done.why, done.seconds], ["", 6]);
    assert.deepEqual(cluster.changes, ["patch secrets a/my.one"]);
    assert.deepEqual(cluster.bodies, [[{ op: "remove", path: "/data/token" }]]);
    assert.ok(!`${done.said}${done.reported}`.includes(header("old")));
  });

  it("names those for which nobody writes a new one", async () => {
    cluster.headers = [token("one", header("old"))];
    const done = await run();
    assert.deepEqual(done.found, ["Secret a/one"]);
    assert.match(done.why, /check kube-controller-manager, .*force: \[tokens\]/);
    assert.equal(done.seconds, 60);
    assert.equal((await run(["tokens"])).why, "");
  });

  it("takes a header that cannot be read for one of another key", async () => {
    cluster.headers = [token("one", "&&&"), token("two", Buffer.from("null").toString("base64url"))];
    assert.equal((await run()).found.length, 2);
    assert.equal(cluster.changes.length, 2);
  });
});
