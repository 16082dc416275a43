import assert from "node:assert/strict";
import { heldJobs, type OwnStep } from "../../../core/cluster/own";
import { clusterSteps, HOOKS } from "../../../core/cluster/steps";
import { isPlayed, STAGES } from "../../../core/rollout";
import { configWith } from "../fixture";
import { pem } from "./fakeKube";

const HOOK = {
  authority: "kubernetes",
  usages: ["server"],
  sans: ["hook.web.svc"],
  secret: { namespace: "web", name: "hook" },
};
const ETCD = {
  authority: "etcd",
  usages: ["client"],
  privileged: true,
  secret: { namespace: "monitoring", name: "etcd" },
};
const configured = (rotation?: object) =>
  configWith({
    certificates: { own: { hook: HOOK, etcd: ETCD } },
    ...(rotation && { rotation, rollout: { acceptEtcdDowntime: true } }),
  });

const [G1, G2] = [pem("ZzE="), pem("ZzI=")];
const GENERATIONS = { kubernetes: [G1, G2], etcd: [G1], frontProxy: [G1], serviceAccount: [] };
const PAIRS = { "own.hook": { certificate: "HOOK", key: "K" }, "own.etcd": { certificate: "ETCD", key: "K" } };

const jobs = (step: OwnStep, rotation?: object) =>
  heldJobs(step, configured(rotation), GENERATIONS, PAIRS).map(({ leaf, ca, old, pair }) => [
    leaf,
    ca,
    old ?? "-",
    pair?.certificate ?? "-",
  ]);

const stepsOf = (rotation?: object): string[] =>
  HOOKS.flatMap((hook) => clusterSteps(hook, configured(rotation)))
    .map(({ nameSuffix }) => nameSuffix)
    .filter((name) => name.startsWith("own-"));

describe("certificates of the user's own in the cluster", () => {
  it("have one step where nothing is rotated", () => {
    assert.deepEqual(stepsOf(), ["own-issue"]);
    assert.ok(isPlayed(STAGES.afterApply, configured()));
    assert.ok(!isPlayed(STAGES.afterApply, configWith()));
    const one = { ...GENERATIONS, kubernetes: [G1] };
    assert.deepEqual(
      heldJobs("issue", configured(), one, PAIRS).map(({ leaf, ca }) => [leaf, ca]),
      [
        ["own.hook", G1],
        ["own.etcd", G1],
      ],
    );
  });

  it("trust the new CA before it signs, and lose the old one at the end", () => {
    const kubernetes = (phase: string) => ({ kubernetes: { generation: 2, phase } });
    assert.deepEqual(stepsOf(kubernetes("done")), ["own-trust", "own-issue", "own-retire"]);
    assert.deepEqual(stepsOf(kubernetes("issue")).slice(0, 2), ["own-trust", "own-issue"]);
    assert.deepEqual(jobs("trust", kubernetes("done")), [["own.hook", G1 + G2, "-", "-"]]);
    assert.deepEqual(jobs("issue", kubernetes("trust")), jobs("issue", kubernetes("issue")));
    assert.deepEqual(jobs("issue", kubernetes("issue"))[0], ["own.hook", G1 + G2, "-", "HOOK"]);
    assert.deepEqual(jobs("retire", kubernetes("done"))[0], ["own.hook", G2, G1, "-"]);
  });

  it("lose the CA of an aborted rotation", () => {
    assert.deepEqual(jobs("retire", { generation: 1 })[1], ["own.etcd", G1, "", "-"]);
  });

  it("are left alone while their authority cannot sign", () => {
    assert.deepEqual(heldJobs("issue", configured(), GENERATIONS, {}), []);
  });
});
