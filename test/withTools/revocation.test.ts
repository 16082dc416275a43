/** What docs/revocation.md tells people to apply, on a real API server. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseAllDocuments } from "yaml";
import type { Pair } from "../node/pki";
import { ApiServer, dig, type Live } from "../lab/plugins/apiServer";

const PAGE = readFileSync(join(__dirname, "..", "..", "docs", "revocation.md"), "utf8");
const CONFIG_MAPS = "/api/v1/namespaces/default/configmaps";
const NODES = "/api/v1/nodes";
const GROUP = "/apis/admissionregistration.k8s.io/v1";

/** The objects of the page's only text in YAML that a cluster takes. */
const objects = (): Live[] => {
  const [, text = ""] = /```yaml\n(apiVersion: [^]*?)```/.exec(PAGE) ?? [];
  return parseAllDocuments(text).map((document) => document.toJSON() as Live);
};

describe("docs/revocation.md", function () {
  this.timeout(120_000);
  let api: ApiServer;
  let count = 0;
  before(async () => {
    api = await ApiServer.start();
  });
  after(() => api.stop());

  const configMap = (): Live => ({ metadata: { name: `it-${String((count += 1))}` } });
  const node = (name: string): Live => ({ metadata: { name } });
  /** What the API server says to it; empty: it is done. */
  const said = (doing: Promise<Live>): Promise<string> => doing.then(() => "", String);

  it("has a policy that denies a person and a node by name whatever is not reading, and nobody else", async () => {
    const [alice, bob, w1, w2] = ["alice", "bob", "system:node:w1", "system:node:w2"].map((name) => api.user(name));
    assert.ok(alice && bob && w1 && w2);
    assert.equal(await said(api.create(CONFIG_MAPS, configMap(), alice)), "");
    assert.equal(await said(api.create(NODES, node("w1"), w1)), "");
    await api.delete(`${NODES}/w1`);

    const [policy, binding, ...more] = objects();
    assert.ok(policy && binding && more.length === 0);
    const expressions = dig(policy, "spec", "validations", 0, "expression");
    assert.equal(expressions, "!(request.userInfo.username in ['alice', 'system:node:w1'])");
    await api.create(`${GROUP}/validatingadmissionpolicies`, policy);
    await api.create(`${GROUP}/validatingadmissionpolicybindings`, binding);

    const denied = async (client: Pair): Promise<boolean> =>
      (await said(api.create(CONFIG_MAPS, configMap(), client))).includes("denied request: cut off");
    for (let left = 60; !(await denied(alice)); left -= 1) {
      assert.ok(left > 0, "it does not apply");
      await sleep(500);
    }
    assert.match(await said(api.create(NODES, node("w1"), w1)), /denied request: cut off/);
    const tokens = "/api/v1/namespaces/default/serviceaccounts/default/token";
    await api.create("/api/v1/namespaces/default/serviceaccounts", { metadata: { name: "default" } });
    assert.match(await said(api.create(tokens, { spec: {} }, alice)), /denied request: cut off/);
    // as the page says
    assert.equal(await said(api.get(CONFIG_MAPS, alice)), "");
    for (const other of [bob, w2, api.admin]) assert.equal(await said(api.create(CONFIG_MAPS, configMap(), other)), "");
    assert.equal(await said(api.create(NODES, node("w2"), w2)), "");
  });
});
