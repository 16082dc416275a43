import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PHASE, PHASES, type Phase } from "../../core/model/phases";
import type { FileRow } from "../../core/layouts/layout";
import { planCluster } from "../../core/plan";
import { nodeEffects } from "../../core/nodes/effects";
import { NODE_STEP_NAMES, NODE_STEPS, type NodeStep } from "../../core/protocol/nodeSteps";
import { isPlayed, STAGES, stagesInOrder, stagesOf, type StageName } from "../../core/rollout";
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

/** Where CAs are rotated as well, every kubelet has restarted before these, and only by what it holds once more. */
const AFTER_CAS: ReadonlySet<NodeStep> = new Set(["serving", "tokens"]);

/** What each stage waits for; a cluster's own steps, one by one, are in test/components/gates.test.ts. */
const AFTER: Readonly<Record<StageName, string>> = {
  alive: "issued",
  "lay-trust": "alive", // no file is replaced where the cluster lives
  trust: "issued lay-trust", // no node hears of a rotation before every key is made
  afterTrust: "trust", // whoever joins is told of a CA that every server's clients trust
  afterPublished: "afterTrust",
  mounts: "afterTrust",
  beforeIssue: "mounts afterPublished",
  lay: "alive lay-trust",
  apply: "issued beforeIssue lay", // nobody presents what is new before everybody trusts it
  serving: "apply",
  afterApply: "apply",
  afterServing: "serving afterApply", // by then kubelets have asked
  tokens: "afterServing",
  check: "afterServing tokens",
  afterIssue: "afterServing",
  beforeRetire: "check afterIssue",
  retire: "beforeRetire", // nobody distrusts what is old before it was looked for everywhere
  afterRetire: "retire",
};

const PIN = "ab".repeat(32);
const BEFORE_APPLY = "trust afterTrust afterPublished mounts beforeIssue";
const AFTER_APPLY = "tokens check afterIssue beforeRetire retire afterRetire";
const PLAYED: Readonly<Record<string, readonly [changes: Readonly<Record<string, unknown>>, stages: string]>> = {
  "no rotation": [{}, "apply"],
  "no rotation, and a status in the cluster": [{ inCluster: { publishStatus: true } }, "apply afterApply"],
  "no rotation, and kubelets that ask for serving certificates": [
    {
      inCluster: { approveKubeletServing: true },
      certificates: { profiles: { "kubelet-server": { enabled: false } } },
    },
    "apply afterServing",
  ],
  "one to its end, and kubelets that ask for serving certificates": [
    {
      rotation: { generation: 2 },
      inCluster: { approveKubeletServing: true },
      certificates: { profiles: { "kubelet-server": { enabled: false } } },
    },
    `${BEFORE_APPLY} apply serving afterApply afterServing ${AFTER_APPLY}`,
  ],
  "one that has not begun": [
    { rotation: {} },
    "trust afterTrust afterPublished beforeIssue apply afterApply check afterIssue beforeRetire retire afterRetire",
  ],
  "one that stops at trust": [{ rotation: { generation: 2, phase: "trust" } }, `${BEFORE_APPLY} apply afterApply`],
  "one that stops at issue": [{ rotation: { generation: 2, phase: "issue" } }, `${BEFORE_APPLY} apply afterApply`],
  "one to its end": [{ rotation: { generation: 2 } }, `${BEFORE_APPLY} apply afterApply ${AFTER_APPLY}`],
  "one to its end, with nothing done in the cluster": [
    { rotation: { generation: 2 }, inCluster: { enabled: false } },
    "trust apply tokens check retire",
  ],
  "one of etcd's CA alone": [
    { rotation: { etcd: { generation: 2 } } },
    "trust afterTrust afterPublished beforeIssue apply afterApply check afterIssue beforeRetire retire afterRetire",
  ],
  "one of the token key alone": [
    { rotation: { serviceAccount: { generation: 2 } } },
    `trust afterTrust afterPublished beforeIssue apply afterApply ${AFTER_APPLY}`,
  ],
  "an adoption": [
    { adopt: { kubernetes: PIN, etcd: PIN, frontProxy: PIN } },
    `${BEFORE_APPLY} apply afterApply check afterIssue beforeRetire retire afterRetire`,
  ],
};

describe("rollout of a dead cluster", () => {
  const RECOVER = { acceptEtcdDowntime: true, strategy: "recover" };
  const played = (changes: Readonly<Record<string, unknown>>): string => {
    const config = configWith({ rollout: RECOVER, ...changes });
    return stagesOf(config)
      .flatMap(([name, stage]) => (isPlayed(stage, config) ? [name] : []))
      .join(" ");
  };

  it("lays files before anything is started, and asks first", () => {
    assert.equal(played({}), "alive lay apply");
  });

  it("that gets other CAs starts with their leaves, then goes the way of a rotation", () => {
    assert.equal(
      played({ rotation: { generation: 2 } }),
      `alive lay-trust lay apply ${BEFORE_APPLY} afterApply ${AFTER_APPLY}`,
    );
  });

  for (const changes of [{}, { rotation: { generation: 2 } }])
    it(`waits for nothing that comes later, with ${JSON.stringify(changes)}`, () => {
      const seen = new Set<string>(["issued"]);
      for (const [name, stage] of stagesOf(configWith({ rollout: RECOVER, ...changes }))) {
        assert.deepEqual(
          stage.after.filter((each) => !seen.has(each)),
          [],
          name,
        );
        seen.add(name);
      }
      const after = new Map(
        stagesOf(configWith({ rollout: RECOVER, ...changes })).map(([name, stage]) => [name, stage.after]),
      );
      assert.ok(after.get("apply")?.includes("lay"));
      assert.ok(after.get("lay")?.includes("alive"));
      if ("rotation" in changes) {
        assert.ok(after.get("lay")?.includes("lay-trust"));
        assert.deepEqual([after.get("trust"), after.get("afterApply")], [["apply", "lay-trust"], ["beforeIssue"]]);
      }
    });
});

describe("rollout", () => {
  it("has each stage wait for what must have succeeded before", () => {
    const after = stagesInOrder.map(([name, stage]) => [name, stage.after.join(" ")]);
    assert.deepEqual(Object.fromEntries(after), AFTER);
  });

  for (const [what, [changes, stages]] of Object.entries(PLAYED))
    it(`comes with ${what} to these stages`, () => {
      const config = configWith({ rollout: { acceptEtcdDowntime: true }, ...changes });
      const played = stagesInOrder.flatMap(([name, stage]) => (isPlayed(stage, config) ? [name] : []));
      assert.equal(played.join(" "), stages);
    });

  it("is documented as it runs, stage by stage", () => {
    const names = new Set(Object.keys(STAGES).map((name) => `\`${name}\``));
    assert.deepEqual(
      documented.filter(
        (row) => row.length === 4 && names.has(row[0] ?? "") && row[3] !== undefined && row[2] !== "both",
      ),
      stagesInOrder.map(([name, { phase, on, summary }]) => [`\`${name}\``, `\`${phase}\``, on, summary]),
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

  for (const phase of PHASES) {
    it(`has stages of phase ${phase}, and comes to them once the phase is reached`, () => {
      const own = stagesInOrder.filter(([, stage]) => stage.phase === phase && stage.inEveryPhase === undefined);
      assert.ok(stagesInOrder.some(([, stage]) => stage.phase === phase));
      const comesAt = (at: Phase) => {
        const config = configWith({ rotation: { generation: 2, phase: at } });
        return own.flatMap(([name, stage]) => (isPlayed(stage, config) ? [name] : []));
      };
      for (const at of PHASES)
        assert.deepEqual(
          comesAt(at),
          PHASES.indexOf(at) < PHASES.indexOf(phase) ? [] : comesAt("done"),
          `a rotation that stops at ${at}`,
        );
    });

    it(`is documented with the issuer and the trusted CAs of phase ${phase}`, () => {
      const { signs, trusts } = PHASE[phase];
      const [row] = documented.filter(([name, who]) => name === `\`${phase}\`` && /^the (?:old|new)/.test(who ?? ""));
      assert.match(row?.[1] ?? "", new RegExp(`^the ${signs}`));
      assert.match(row?.[2] ?? "", trusts.length > 1 ? /^both/ : new RegExp(`^the ${trusts[0]}`));
    });
  }

  it("comes to no stage for a token key that is left to others", () => {
    const PIN = "ab".repeat(32);
    const adopt = { kubernetes: PIN, etcd: PIN, frontProxy: PIN };
    const comesTo = (changes: Readonly<Record<string, unknown>>): string[] => {
      const config = configWith(changes);
      return stagesInOrder.flatMap(([name, stage]) => (isPlayed(stage, config) ? [name] : []));
    };
    for (const phase of ["trust", "issue"] as const)
      assert.deepEqual(comesTo({ adopt, rotation: { phase } }), comesTo({ rotation: { generation: 2, phase } }), phase);
    assert.ok(comesTo({ adopt }).includes("retire"));
  });

  it("restarts what docs/rotation.md says, phase by phase", () => {
    const rotation = { generation: 2 };
    const configs = [configWith({ rotation }), configWith({ ...HARDWAY, rotation })];
    const restarts = (phase: Phase): string[] =>
      configs.flatMap((config) => {
        const cluster = planCluster(config, NOW);
        return NODE_STEP_NAMES.filter((step) => STAGES[step].phase === phase && !AFTER_CAS.has(step)).flatMap((step) =>
          cluster.nodes.flatMap((node) => {
            const effects =
              step === "apply"
                ? nodeEffects(node.files.filter(changesInIssue), node, config)
                : NODE_STEPS[step].effects(cluster, node, config);
            return [...effects].flatMap(([name, { need }]) => (need === "restart" ? [name] : []));
          }),
        );
      });
    const [header, ...table] = documented.slice(documented.findIndex(([first]) => first === ""));
    assert.deepEqual(header?.slice(1), PHASES);
    for (const [at, phase] of PHASES.entries()) {
      const said = table.flatMap(([who = "", ...cells]) =>
        cells[at] === "once" ? who.replace(/ as a unit.*/, "").split(", ") : [],
      );
      assert.deepEqual([...new Set(restarts(phase))].sort(), said.sort(), phase);
    }
  });
});
