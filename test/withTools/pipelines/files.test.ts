/** What the files of examples/pipelines say to the systems that read them, beside the steps, which pipelines.test.ts runs. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { workflow } from "./github";
import { gitlabFile } from "./gitlab";
import { optionsOf, schedulesOf } from "./jenkins";

const EXAMPLES = join(__dirname, "..", "..", "..", "examples", "pipelines");
const read = (file: string): string => readFileSync(join(EXAMPLES, file), "utf8");
const STACKS = ["canary", "prod"];

describe("files of pipelines", () => {
  describe("of GitHub Actions", () => {
    const look = workflow(read("github/kube-pki-look.yml"));
    const up = workflow(read("github/kube-pki-up.yml"));

    it("run one `up` at a time, cluster by cluster, and cancel none that is at work", () => {
      assert.deepEqual(up.concurrency, { group: "kube-pki-up", "cancel-in-progress": false });
      assert.deepEqual(
        Object.values(up.jobs).map(({ strategy }) => strategy),
        [{ "max-parallel": 1, "fail-fast": true, matrix: { stack: STACKS } }],
      );
    });

    it("look at the same clusters, at all of them", () => {
      const { preview, night } = look.jobs;
      for (const job of [preview, night])
        assert.deepEqual(job?.strategy, { "fail-fast": false, matrix: { stack: STACKS } });
    });

    it("may do no more than they need, and hand secrets to no action and not to npm", () => {
      for (const { permissions, jobs } of [look, up]) {
        assert.deepEqual(permissions, { contents: "read" });
        for (const { steps, ...more } of Object.values(jobs)) {
          assert.ok(!("env" in more), "secrets of a job are those of each of its steps");
          for (const { uses, run = "", env = {} } of steps)
            if (uses !== undefined || run.startsWith("npm ")) assert.deepEqual(env, {}, uses ?? run);
        }
      }
    });
  });

  describe("of GitLab", () => {
    const { workflow: rules, default: all, jobs } = gitlabFile(read("gitlab/.gitlab-ci.yml"));
    const changing = Object.entries(jobs).filter(([, { stage }]) => stage !== "look");

    it("run one job of a stack at a time, and cancel none that is at work", () => {
      assert.equal(rules.auto_cancel["on_new_commit"], "none");
      assert.equal(all.interruptible, false);
      assert.equal(changing.length, 4);
      for (const [name, job] of changing) assert.equal(job.resource_group, "kube-pki-$STACK", name);
    });

    it("change the canary in a stage before all others, and look at each", () => {
      const stacks = (stage: string) => [
        ...new Set(
          Object.values(jobs)
            .filter((job) => job.stage === stage)
            .flatMap(
              ({ parallel, variables }) => parallel?.matrix.flatMap(({ STACK = [] }) => STACK) ?? variables?.["STACK"],
            ),
        ),
      ];
      assert.deepEqual(["look", "canary", "rest"].map(stacks), [STACKS, ["canary"], ["prod"]]);
    });
  });

  it("of Jenkins run one build at a time, cancel none that is at work, and know what a schedule is for", () => {
    const text = read("jenkins/Jenkinsfile");
    assert.deepEqual(optionsOf(text), ["disableConcurrentBuilds(abortPrevious: false)"]);
    assert.deepEqual(schedulesOf(text), { night: "look", week: "renew" });
  });

  describe("of the Pulumi Kubernetes Operator", () => {
    /** https://github.com/pulumi/pulumi-kubernetes-operator/blob/master/docs/stacks.md, of version 2: the fields of `spec`. */
    const DOCUMENTED: Readonly<Record<string, "string" | "boolean" | "number" | "object">> = {
      stack: "string",
      projectRepo: "string",
      branch: "string",
      gitAuth: "object",
      serviceAccountName: "string",
      continueResyncOnCommitMatch: "boolean",
      resyncFrequencySeconds: "number",
      useLocalStackOnly: "boolean",
      destroyOnFinalize: "boolean",
      backend: "string",
      envRefs: "object",
      prerequisites: "object",
      workspaceTemplate: "object",
    };
    interface StackObject {
      readonly kind: string;
      readonly metadata: { readonly name: string };
      readonly spec: Readonly<Record<string, unknown>>;
    }
    const stacks = parseAllDocuments(read("operator/stacks.yaml"))
      .map((document) => document.toJS() as StackObject)
      .filter(({ kind }) => kind === "Stack");

    it("have documented fields alone, in the documented types", () => {
      assert.deepEqual(
        stacks.map(({ spec }) => spec["stack"]),
        STACKS,
      );
      for (const { spec } of stacks)
        for (const [field, value] of Object.entries(spec)) assert.equal(typeof value, DOCUMENTED[field], field);
    });

    it("are run again without a new commit, make no state of their own, and outlive their object", () => {
      for (const { spec } of stacks) {
        assert.equal(spec["continueResyncOnCommitMatch"], true);
        assert.ok(Number(spec["resyncFrequencySeconds"]) <= 7 * 86_400);
        assert.equal(spec["useLocalStackOnly"], true);
        assert.equal(spec["destroyOnFinalize"], false);
      }
    });

    it("wait for the canary", () => {
      assert.deepEqual(
        stacks.map(({ spec }) => spec["prerequisites"]),
        [undefined, [{ name: "canary", requirement: { succeededWithinDuration: "48h" } }]],
      );
    });
  });
});
