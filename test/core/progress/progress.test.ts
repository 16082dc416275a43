import assert from "node:assert/strict";
import type { EngineEvent, ResourceStep } from "../../../core/progress/engineEvent";
import type { Happening } from "../../../core/progress/happening";
import { Progress, STILL_SECONDS } from "../../../core/progress/progress";
import { linesOf } from "../../../core/progress/text";
import { shown, textOf } from "./recorded";

type Of<E extends Happening["event"]> = Extract<Happening, { event: E }>;
const only = <E extends Happening["event"]>(all: readonly Happening[], event: E): Of<E>[] =>
  all.filter((each): each is Of<E> => each.event === event);

const CLUSTER = "urn:pulumi:lab::kube-pki::kube-pki:index:ClusterPki::lab";
const row = (type: string, name: string): string =>
  `urn:pulumi:lab::kube-pki::kube-pki:index:ClusterPki$kube-pki:index:${type}::${name}`;
const begins = (type: string, urn: string, parent: string | undefined, op = "create"): EngineEvent => ({
  kind: "begins",
  resource: { op, urn, type, parent, outputs: undefined } satisfies ResourceStep,
});
const IN_CLUSTER = row("InCluster", "lab-in-cluster");
const STEP = `${IN_CLUSTER}-root-ca`;
/** A step in the cluster that runs since the beginning. */
const withClusterStep = (name = "root-ca"): { progress: Progress; told: Happening[] } => {
  const progress = new Progress(0);
  const told = [
    begins("kube-pki:index:ClusterPki", CLUSTER, undefined),
    begins("kube-pki:index:InCluster", IN_CLUSTER, CLUSTER),
    begins("command:local:Command", `${IN_CLUSTER}-${name}`, IN_CLUSTER),
  ].flatMap((event) => progress.take(event, 0));
  return { progress, told };
};

describe("progress of a run", () => {
  it("of a rotation is shown phase by phase, node by node", () => {
    const lines = shown("rotation", "rotation-preview").flatMap((each) => linesOf(each));
    assert.equal(`${lines.join("\n")}\n`, textOf("rotation.txt"));
  });

  it("of a run that fails ends with the sentence of the node", () => {
    const lines = shown("failing", "renewal-preview").flatMap((each) => linesOf(each));
    assert.equal(`${lines.join("\n")}\n`, textOf("failing.txt"));
    assert.equal(lines.at(-1), "error: w1: kubelet does not serve the new certificate; see journalctl -u kubelet");
  });

  it("counts the nodes of each stage, and the phases", () => {
    const told = shown("rotation", "rotation-preview");
    const stages = only(told, "stage").map(({ stage, phase, phaseIndex }) => [stage, phase, phaseIndex]);
    assert.deepEqual(stages, [
      ["preflight", undefined, undefined],
      ["prepare", undefined, undefined],
      ["trust", "trust", 1],
      ["apply", "issue", 2],
      ["tokens", "done", 3],
      ["check", "done", 3],
      ["retire", "done", 3],
    ]);
    const places = only(told, "step-begun").flatMap(({ stage, node, index, of }) =>
      stage === "retire" ? [[node, index, of]] : [],
    );
    assert.deepEqual(places, [
      ["cp1", 1, 3],
      ["w1", 2, 3],
      ["w2", 3, 3],
    ]);
  });

  it("says ever less of what is left, but for what a step has shown, and nothing of it at the end", () => {
    const left = only(shown("rotation", "rotation-preview"), "step-ended").map(
      ({ remainingSeconds }) => remainingSeconds ?? 0,
    );
    const grown = left.map((seconds, index) => seconds - (left[index - 1] ?? seconds));
    assert.ok(Math.max(...grown) <= 2, left.join(" "));
    assert.equal(left.at(-1), 0);
  });

  it("without a preview knows the phase, and estimates nothing", () => {
    const told = shown("rotation");
    assert.deepEqual(only(told, "plan"), []);
    assert.deepEqual(
      only(told, "stage").flatMap(({ phase, phaseIndex }) => (phase === undefined ? [] : [[phase, phaseIndex]])),
      ["trust", "issue", "done", "done", "done"].map((phase) => [phase, undefined]),
    );
    assert.ok(only(told, "step-ended").every(({ remainingSeconds }) => remainingSeconds === undefined));
  });

  it("knows no phase where nothing is rotated", () => {
    assert.ok(only(shown("failing"), "stage").every(({ phase }) => phase === undefined));
  });

  it("tells of a step in the cluster, and of what it waits for every 30 s", () => {
    const { progress, told } = withClusterStep();
    assert.deepEqual(
      only(told, "stage").map(({ stage }) => stage),
      ["afterTrust"],
    );
    assert.deepEqual(only(told, "step-begun"), [{ event: "step-begun", stage: "afterTrust", step: "root-ca" }]);
    const text = "waiting for kube-root-ca.crt in 3 namespaces (up to 300 s)";
    const said = progress.take({ kind: "says", urn: STEP, severity: "progress", text }, 1000);
    assert.deepEqual(said, [{ event: "message", stage: "afterTrust", step: "root-ca", text }]);
    assert.deepEqual(
      said.flatMap((each) => linesOf(each)),
      [],
      "told by the line below alone",
    );
    assert.deepEqual(progress.tick((STILL_SECONDS - 1) * 1000), []);
    const waited = progress.tick(STILL_SECONDS * 1000);
    assert.deepEqual(waited, [
      { event: "waiting", stage: "afterTrust", step: "root-ca", seconds: STILL_SECONDS, text },
    ]);
    assert.deepEqual(
      waited.flatMap((each) => linesOf(each)),
      [`  root-ca: for 30 s now: ${text}`],
    );
    assert.deepEqual(progress.tick((STILL_SECONDS + 1) * 1000), []);
    assert.equal(progress.tick(2 * STILL_SECONDS * 1000).length, 1);
  });

  it("knows the stage of a workload that the provider rolls", () => {
    const { told } = withClusterStep("restart-deployment-kube-system.coredns");
    assert.deepEqual(
      only(told, "stage").map(({ stage }) => stage),
      ["beforeIssue"],
    );
  });

  it("tells each warning once", () => {
    const progress = new Progress(0);
    const warning = { kind: "says", urn: undefined, severity: "warning", text: "mind the gap" } as const;
    const told = [1, 2].flatMap((at) => progress.take(warning, at));
    assert.deepEqual(told, [{ event: "warning", text: "mind the gap" }]);
  });

  it("ends with what pulumi printed, where no event says what is wrong", () => {
    const trouble = "no stack named 'x' found";
    const [end] = only(new Progress(0).end(false, 1000, { trouble }), "end");
    assert.deepEqual([end?.result, end?.errors], ["failed", [{ text: trouble }]]);
  });

  it("that was interrupted is no failure of a node", () => {
    const progress = new Progress(0);
    assert.deepEqual(progress.interrupt(), [{ event: "interrupted", times: 1 }]);
    const [end] = only(progress.end(false, 65_000, { trouble: "update canceled" }), "end");
    assert.deepEqual([end?.result, end?.errors, end?.seconds], ["interrupted", [], 65]);
  });
});
