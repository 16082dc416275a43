/** The least time between phases of a rotation, on the real engine. */
import assert from "node:assert/strict";
import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { Inputs } from "../../components/inputs";
import { Phases } from "../../components/phases";
import { afterPreflight } from "../../components/preflightGate";
import type { Phase } from "../../core/model/phases";
import type { AuthorityRow } from "../../core/report/authorityRows";
import { RAW } from "../core/fixture";
import { SshServer } from "../lab/plugins/sshServer";
import { errorsOf, TestStack, type Run } from "../lab/plugins/testStack";
import { FolderNode } from "../node/folderNode";

const DAY = 86_400_000;
type Rotation = NonNullable<ClusterPkiArgs["rotation"]>;

const changed = ({ steps }: Run): string[] =>
  Object.keys(steps)
    .filter((name) => steps[name]?.some((op) => op !== "same"))
    .sort();
const sentencesOf = (run: Run): string[] => [
  ...new Set((errorsOf(run).match(/^ *rotation\.soak: .*$/gm) ?? []).map((each) => each.trim())),
];
const said = ({ messages }: Run): string[] =>
  messages.filter(({ text }) => text.includes("rotation.soak: ")).map(({ text }) => text.replace(/^info: /, "").trim());
/** Notes are made by the clock of this machine, and compared with the moment of the run. */
const inDays = (days: number): Date => new Date(Date.now() + days * DAY);

describe("rotation.soak", function () {
  this.timeout(600_000);
  let stack: TestStack;

  describe("of a cluster whose steps are commands", () => {
    /** A component that must not begin, and in it a step for each phase that is asked for. */
    class Steps extends pulumi.ComponentResource {
      readonly made = new Map<Phase, command.local.Command>();
      constructor(phases: readonly Phase[], asked: string, options: pulumi.ComponentResourceOptions) {
        super("test:index:Steps", "steps", {}, options);
        for (const phase of phases) {
          const dependsOn = [...this.made.values()];
          const create = `echo ${phase} ${asked}`;
          this.made.set(phase, new command.local.Command(`step-${phase}`, { create }, { parent: this, dependsOn }));
        }
      }
    }
    const program = (rotation: Rotation, days: number, strategy: "rolling" | "recover") => () => {
      const args = { ...(RAW as unknown as ClusterPkiArgs), rotation, rollout: { strategy } };
      const inputs = new Inputs("prod", args, inDays(days));
      const { config } = inputs;
      const phases = new Phases("prod", inputs);
      const asked = `${String(rotation.generation)} ${rotation.phase ?? "done"}`;
      const steps = new Steps(
        ["trust", "issue", "done"],
        asked,
        afterPreflight("prod", config, {}, () => phases.begin()),
      );
      phases.note((phase) => [steps.made.get(phase) ?? steps]);
      return { next: phases.nextFrom("etcd") };
    };
    const run = (
      how: "preview" | "up",
      rotation: Rotation,
      days: number,
      strategy: "rolling" | "recover" = "rolling",
    ) => stack[how](program(rotation, days, strategy));

    const allowed = async (rotation: Rotation, days = 0, strategy?: "recover"): Promise<string[]> => {
      if (days === 0) {
        const seen = await run("preview", rotation, days, strategy);
        assert.equal(seen.failed, false, errorsOf(seen));
      }
      const done = await run("up", rotation, days, strategy);
      assert.equal(done.failed, false, errorsOf(done));
      return changed(done);
    };
    const refused = async (rotation: Rotation, days: number, why: RegExp): Promise<void> => {
      for (const how of ["preview", "up"] as const) {
        const result = await run(how, rotation, days);
        assert.ok(result.failed, how);
        const [sentence = "", ...more] = sentencesOf(result);
        assert.deepEqual([more, sentence.replace(why, "")], [[], ""], errorsOf(result));
        if (how === "up")
          assert.ok(!changed(result).some((name) => name.startsWith("step")), changed(result).join(" "));
      }
    };
    const reachedAt = async (name: string): Promise<unknown> =>
      (await stack.stored(`prod-${name}-reached`))?.outputs?.["stdout"];

    before(async () => {
      stack = await TestStack.create();
    });
    after(() => {
      stack.remove();
    });

    const soak = "7d";
    const trust: Rotation = { generation: 2, phase: "trust", soak };
    const issue: Rotation = { generation: 2, phase: "issue", soak };
    const done: Rotation = { generation: 2, soak };
    let reached: unknown;

    it("refuses a rotation in one run, and a phase whose predecessor was not reached", async () => {
      const why =
        /^rotation\.soak: kubernetes has not reached phase trust of generation 2 on all nodes, which has to be 7d before issue; set phase trust and run again, or remove rotation\.soak; no node was touched$/;
      await refused(done, 0, why);
      await refused(issue, 0, why);
    });

    it("notes when a phase was reached, which a further run leaves as it is, and says from when the next is allowed", async () => {
      assert.ok((await allowed(trust)).includes("prod-serviceAccount-g2-trust-reached"));
      reached = await reachedAt("etcd-g2-trust");
      assert.deepEqual(await allowed(trust, 1), []);
      assert.equal(await reachedAt("etcd-g2-trust"), reached);
      const end = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
      assert.match(String(await stack.output("next")), end);
      const [text = "", ...more] = said(await run("preview", trust, 1));
      assert.match(
        text,
        /^rotation\.soak: kubernetes, etcd, frontProxy, serviceAccount: phase issue of generation 2 is allowed from 2\S+Z$/,
      );
      assert.deepEqual([more, said(await run("preview", trust, 8))], [[], []]);
    });

    it("refuses the next phase until then, with the phase, since when and how long, and allows it afterwards", async () => {
      await refused(
        issue,
        3,
        /^rotation\.soak: kubernetes reached phase trust of generation 2 on all nodes at 2\S+Z, 3d\S* ago, and phase issue may begin 7d after that, in 3d23h\S+ \(2\S+Z\); set phase trust until then, or change rotation\.soak; no node was touched$/,
      );
      assert.equal(await reachedAt("etcd-g2-trust"), reached);
      await allowed(issue, 8);
    });

    it("holds each phase by its own time, and none that has begun, and never a way back", async () => {
      assert.deepEqual(await allowed(issue), [], "it has begun: that trust was reached today holds it no more");
      await refused(
        done,
        0,
        /^rotation\.soak: kubernetes reached phase issue of generation 2 .* phase done may begin .*$/,
      );
      await allowed(trust);
      await refused(issue, 0, /^rotation\.soak: kubernetes reached phase trust .*$/);
      await allowed(issue, 8);
      await allowed(done, 8);
    });

    it("holds nothing at rest whatever the field says, nor going back from there, nor an abort", async () => {
      assert.deepEqual(await allowed(done), []);
      assert.deepEqual(await allowed({ ...done, soak: "90d" }), []);
      assert.deepEqual(await allowed({ generation: 2 }), []);
      await allowed(issue);
      await allowed(done, 8);
      await allowed({ ...trust, generation: 3 });
      await allowed(done);
      assert.deepEqual(await allowed(done), []);
    });

    it("notes a rotation without it too, so that it may be set at any time, and holds nothing where the cluster is dead", async () => {
      await allowed({ generation: 3 });
      assert.deepEqual(await allowed({ generation: 3, soak }), []);
      await allowed({ generation: 4, soak }, 0, "recover");
      assert.deepEqual(await allowed({ generation: 4, soak }), []);
      // one at its own pace
      await refused(
        { generation: 4, etcd: { generation: 5 }, soak },
        0,
        /^rotation\.soak: etcd has not reached phase trust of generation 5 .*$/,
      );
      await allowed({ generation: 4, etcd: { generation: 5, phase: "trust" }, soak });
    });
  });

  describe("of a cluster with a node in a folder", () => {
    let node: FolderNode;
    let server: SshServer;
    before(async () => {
      node = new FolderNode("dash");
      server = await SshServer.start();
      server.runs = (command) => node.begin(command);
      stack = await TestStack.create();
    });
    after(async () => {
      stack.remove();
      await server.stop();
      node.remove();
    });

    it("lets no node be visited for a phase that comes too early, and keeps a rotation going else", async () => {
      const program = (rotation: Rotation | undefined, days = 0) => {
        const args: ClusterPkiArgs = {
          ...node.args(server),
          inCluster: { enabled: false },
          rotation,
          rollout: { acceptEtcdDowntime: true },
          now: inDays(days),
        };
        return () => {
          const { certificates, authorities } = new ClusterPki("prod", args);
          return { certificates, authorities };
        };
      };
      const works = async (rotation: Rotation | undefined, days = 0) => {
        const run = await stack.up(program(rotation, days));
        assert.equal(run.failed, false, errorsOf(run));
        return run;
      };
      await works(undefined);
      await works({ generation: 2, phase: "trust", soak: "7d" });
      assert.deepEqual(changed(await works({ generation: 2, phase: "trust", soak: "7d" })), []);
      const rows = (await stack.output("authorities")) as AuthorityRow[];
      const { connections } = server;
      const issue = { generation: 2, phase: "issue", soak: "7d" } as const;
      const [seen, early] = [await stack.preview(program(issue, 3)), await stack.up(program(issue, 3))];
      const [sentence = ""] = sentencesOf(early);
      assert.ok(seen.failed && early.failed);
      assert.match(sentence, /^rotation\.soak: kubernetes reached phase trust .*; no node was touched$/);
      assert.deepEqual(sentencesOf(seen).length, 1, errorsOf(seen));
      assert.ok(sentence.includes(String(rows[0]?.nextPhaseFrom)), sentence);
      assert.deepEqual(changed(early), ["prod-kubernetes-g2-issue-begun"]);
      assert.equal(server.connections, connections);
      assert.ok(changed(await works(issue, 8)).includes("prod-cp1-apply"));
    });
  });
});
