import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { checkPayload, clusterPayload, hasClusterStep, type ClusterStep } from "../../core/clusterPayload";
import { planCluster } from "../../core/plan";
import { keyIdOf } from "../../core/publicKey";
import type { Generations } from "../../core/trustPayload";
import { configWith, NOW } from "./fixture";

const publicPem = () =>
  generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey.export({ type: "spki", format: "pem" }).toString();
const [first, second] = [publicPem(), publicPem()];

const GENERATIONS: Generations = {
  kubernetes: ["K1", "K2"],
  etcd: ["E1", "E2"],
  frontProxy: ["F1", "F2"],
  serviceAccount: [first, second],
};

type Changes = Readonly<Record<string, unknown>>;

const setting = (changes: Changes) => {
  const config = configWith(changes);
  const plan = planCluster(config, NOW).nodes.find(({ node }) => node.name === "cp1")!;
  return { config, plan };
};
const linesOf = (step: ClusterStep, changes: Changes): string[] => {
  const { config, plan } = setting(changes);
  return clusterPayload(step, plan, config, GENERATIONS).split("\n");
};
const tasks = (step: ClusterStep, changes: Changes) =>
  linesOf(step, changes).flatMap((line) => (line.startsWith("task ") ? [line.slice(5)] : []));

describe("work in the cluster", () => {
  const rotation = { generation: 2 };

  it("hands out both CAs before anything is issued, and waits until they arrived", () => {
    assert.deepEqual(tasks("trusted", { rotation }), ["cluster-info-add", "root-ca", "restart"]);
    assert.deepEqual(tasks("trusted", { rotation, inCluster: { restart: "all" } }).at(-1), "restart-all");
  });

  it("looks before anything is retired, and takes the old away last", () => {
    assert.deepEqual(tasks("issued", { rotation }), ["ca-bundles", "pods", "tokens"]);
    assert.deepEqual(tasks("retired", { rotation }), ["cluster-info-exact", "authentication-clean"]);
    const etcdOnly = { rotation: { generation: 2, phase: "issue", etcd: { phase: "done" } } };
    assert.deepEqual(tasks("issued", etcdOnly), []);
    assert.deepEqual(tasks("retired", etcdOnly), []);
  });

  it("has a step only where something is to be done, and none where the user does it himself", () => {
    const { config } = setting({ rotation: { generation: 2, phase: "issue" } });
    assert.deepEqual(
      (["trusted", "issued", "retired"] as const).map((step) => hasClusterStep(step, config)),
      [true, false, false],
    );
    assert.equal(hasClusterStep("trusted", setting({ rotation, inCluster: { enabled: false } }).config), false);
  });

  it("names the key id of the tokens that stay, and the CAs that go", () => {
    const { config, plan } = setting({ rotation });
    const lines = checkPayload(plan, config, GENERATIONS).split("\n");
    assert.ok(lines.includes(`token-kid ${keyIdOf(second)}`));
    assert.equal(lines[lines.indexOf("part old:kubernetes:g1 1") + 1], "K1");
    assert.equal(lines[lines.indexOf("part ca:kubernetes 1") + 1], "K2");
  });

  it("knows that kube-proxy reads its CA anew since 1.36, unless it is listed", () => {
    const line = "reload DaemonSet kube-system/kube-proxy";
    assert.ok(linesOf("issued", { rotation }).includes(line));
    const kubeProxy = { kind: "DaemonSet", namespace: "kube-system", name: "kube-proxy" };
    assert.ok(!linesOf("issued", { rotation, inCluster: { restart: [kubeProxy] } }).includes(line));
  });

  it("gives up the gates that the stack file names", () => {
    const lines = linesOf("issued", { rotation: { generation: 2, force: ["scan"] } });
    assert.ok(lines.includes("gate scan off") && lines.includes("gate tokens on"));
  });

  it("tells the look at pods when the new CA was handed out", () => {
    const { config, plan } = setting({ rotation });
    const issued = clusterPayload("issued", plan, config, GENERATIONS, "task root-ca done\nsince 1795510800\ndone 1\n");
    assert.ok(issued.split("\n").includes("since 1795510800"));
    assert.ok(!linesOf("issued", { rotation }).some((line) => line.startsWith("since ")));
  });
});
