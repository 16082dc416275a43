import assert from "node:assert/strict";
import { nodeEffects, restartTexts } from "../../../core/nodes/effects";
import { planCluster } from "../../../core/plan";
import { configWith, NOW } from "../fixture";

const effects = (paths: RegExp, changes: Readonly<Record<string, unknown>> = {}) => {
  const config = configWith(changes);
  const [cp1] = planCluster(config, NOW).nodes;
  assert.ok(cp1);
  return nodeEffects(
    cp1.files.filter(({ path }) => paths.test(path)),
    cp1,
    config,
  );
};

describe("what a change of files does to services", () => {
  it("is a restart where one of the files asks for it, with the reasons of the restart alone", () => {
    const { need, because } = effects(/kubelet(\.conf|-client)/).get("kubelet") ?? {};
    assert.deepEqual(
      [need, because],
      ["restart", ["its certificate manager keeps it in memory", "its transport is built once at start"]],
    );
  });

  it("says that the policy asks for a restart, not the service", () => {
    assert.deepEqual(restartTexts(effects(/apiserver\.crt$/)), []);
    assert.deepEqual(restartTexts(effects(/apiserver\.crt$/, { restart: "always" })), [
      "kube-apiserver (restart: always)",
    ]);
  });

  it("says since when a service would do without", () => {
    const cluster = { name: "prod", kubernetesVersion: "1.30.2", endpoint: "api.example.com:6443" };
    assert.deepEqual(restartTexts(effects(/pki\/kubelet\.crt$/, { cluster })), [
      "kubelet (reads it by itself only since 1.31)",
    ]);
  });
});
