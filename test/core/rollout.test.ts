import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PHASES } from "../../core/model/phases";
import type { FileRow } from "../../core/layouts/layout";
import { planCluster } from "../../core/plan";
import { nodeEffects } from "../../core/nodes/effects";
import { NODE_STEPS } from "../../core/protocol/nodeSteps";
import { STAGES, stagesInOrder } from "../../core/rollout";
import { configWith, HARDWAY, NOW } from "./fixture";

/** The rows of every table in docs/rotation.md, each as its cells. */
const documented = readFileSync(join(__dirname, "..", "..", "docs", "rotation.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

/** CA files hold both since `trust`; only in ca.crt the order matters (core/protocol/apply.ts). */
const changesInIssue = ({ content }: FileRow): boolean => content.kind !== "ca" || content.authority === "kubernetes";

describe("rollout", () => {
  it("is documented as it is played, stage by stage", () => {
    const names = new Set(Object.keys(STAGES).map((name) => `\`${name}\``));
    assert.deepEqual(
      documented.filter(
        (row) => row.length === 4 && names.has(row[0] ?? "") && row[3] !== undefined && row[2] !== "both",
      ),
      stagesInOrder.map(([name, { phase, on, does }]) => [`\`${name}\``, `\`${phase}\``, on, does]),
    );
  });

  it("waits for nothing that comes later, and goes through the phases in order", () => {
    const seen = new Set<string>(["issued"]);
    let phase = 0;
    for (const [name, stage] of stagesInOrder) {
      assert.deepEqual(
        stage.after.filter((each) => !seen.has(each)),
        [],
        name,
      );
      assert.ok(PHASES.indexOf(stage.phase) >= phase, name);
      phase = PHASES.indexOf(stage.phase);
      seen.add(name);
    }
  });

  it("has no stage but the last that nothing waits for", () => {
    const awaited = new Set<string>(stagesInOrder.flatMap(([, { after }]) => after));
    assert.deepEqual(
      stagesInOrder.flatMap(([name]) => (awaited.has(name) ? [] : [name])),
      ["afterRetire"],
    );
  });

  it("restarts what docs/rotation.md says, phase by phase", () => {
    const rotation = { generation: 2 };
    const configs = [configWith({ rotation }), configWith({ ...HARDWAY, rotation })];
    const restarts = (phase: "trust" | "issue" | "done"): Set<string> =>
      new Set(
        configs.flatMap((config) => {
          const cluster = planCluster(config, NOW);
          return cluster.nodes.flatMap((node) => {
            const effects =
              phase === "issue"
                ? nodeEffects(node.files.filter(changesInIssue), node, config)
                : NODE_STEPS[phase === "trust" ? "trust" : "retire"].effects(cluster, node, config);
            return [...effects].flatMap(([name, { need }]) => (need === "restart" ? [name] : []));
          });
        }),
      );
    const table = documented.filter(([, ...cells]) => cells.every((cell) => cell === "once" || cell === "-"));
    for (const [at, phase] of (["trust", "issue", "done"] as const).entries()) {
      const said = table.flatMap(([who = "", ...cells]) =>
        cells[at] === "once" ? who.replace(/ as a unit.*/, "").split(", ") : [],
      );
      assert.deepEqual([...restarts(phase)].sort(), said.sort(), phase);
    }
  });
});
