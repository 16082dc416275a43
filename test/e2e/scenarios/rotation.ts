/** Rotations of all authorities and the service account key, on clusters in use. */
import assert from "node:assert/strict";
import { assertExportClean, assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { adoptionConfig, configureSsh } from "../labConfig";
import {
  assertMinimal,
  begin,
  casOf,
  goTo,
  joinInPhase,
  momentOf,
  ROLLOUT,
  rotateTo,
  useCluster,
  Witness,
} from "../rotating";
import { TOKEN_KEY_RESTARTS } from "../restarts";
import type { Scenario } from "../scenario";

const rotation: Scenario = {
  name: "rotation",
  proves: "all three CAs and the token key replaced in one up, with the fewest restarts, unnoticed behind a balancer",
  topologies: ["ha3", "hardway", "duo", "moved"],
  play: async (run) => {
    await begin(run);
    const witness = await Witness.begin(run);
    await witness.at(momentOf("before", 1));
    await useCluster(run);
    for (const generation of [2, 3]) {
      const title = `pulumi up: trust, issue and retire to generation ${String(generation)}`;
      await goTo(run, title, { configure: rotateTo(generation), trusted: [`g${String(generation)}`] });
      assertMinimal(run, title);
      await witness.at(momentOf(`generation ${String(generation)}`, generation));
    }
    run.counts["ports proven from outside"] = await assertProven(run.lab, await run.stack.certificates());
    run.counts["certificates linted"] = await assertExportClean(run.stack);
    assertUndisturbed(run.lab, await run.stopClients(), await run.stopProbing());
  },
};

const rotationOfNodes: Scenario = {
  name: "rotation-nodes",
  proves:
    "all three CAs and the token key replaced on every node in one up, then the token key alone, with the fewest restarts",
  topologies: ["duo", "ha3", "hardway", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play: async (run) => {
    await begin(run);
    run.stack.configure({ inCluster: { enabled: false } });
    const title = "pulumi up: trust, issue and retire to generation 2";
    await goTo(run, title, { configure: rotateTo(2), trusted: ["g2"] });
    assertMinimal(run, title);
    const tokens = "pulumi up: the token key alone to generation 3";
    await goTo(run, tokens, {
      configure: { rotation: { generation: 2, serviceAccount: { generation: 3 } } },
      trusted: ["g2"],
    });
    assertMinimal(run, tokens, TOKEN_KEY_RESTARTS);
    run.counts["ports proven from outside"] = await assertProven(run.lab, await run.stack.certificates());
  },
};

const rotationPhases: Scenario = {
  name: "rotation-phases",
  proves:
    "in each phase: who is let in and who no more, logs and exec everywhere, a worker joins and is rotated with the rest",
  topologies: ["duo", "ha3", "hardway", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play: async (run) => {
    await begin(run);
    const witness = await Witness.begin(run);
    await witness.at(momentOf("before", 1));
    for (const [phase, joining] of [
      ["trust", "w7"],
      ["issue", "w8"],
      ["done", "w9"],
    ] as const) {
      const trusted = phase === "done" ? ["g2"] : [casOf(run), "g2"];
      await goTo(run, phase, { configure: rotateTo(2, phase), trusted });
      await witness.at(momentOf(phase, 2, phase));
      await joinInPhase(run, joining);
    }
    await run.up("pulumi up with the node that joined last");
    await witness.at(momentOf("after", 2));
    run.counts["ports proven from outside"] = await assertProven(run.lab, await run.stack.certificates());
  },
};

const SECOND_TRY = [
  ["second trust", "trust"],
  ["second issue", "issue"],
  ["second done", "done"],
  // back from the very end: the old CA comes again beside the new one, then signs again
  ["second done undone", "issue"],
  ["second trust again", "trust"],
  ["second issue again", "issue"],
  ["second done again", "done"],
] as const;

const rotationUndo: Scenario = {
  name: "rotation-undo",
  proves: "each phase stops where it is told to and can be gone back from; given up, a rotation leaves nothing behind",
  topologies: ["duo", "ha3", "hardway", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play: async (run) => {
    await begin(run);
    const before = casOf(run);
    let witness = await Witness.begin(run);
    await witness.at(momentOf("before", 1));
    await goTo(run, "trust", { configure: rotateTo(2, "trust"), trusted: [before, "g2"] });
    await witness.at(momentOf("trust", 2, "trust"));
    await goTo(run, "issue", { configure: rotateTo(2, "issue"), trusted: [before, "g2"] });
    await witness.at(momentOf("issue", 2, "issue"));
    await goTo(run, "back to trust", { configure: rotateTo(2, "trust"), trusted: [before, "g2"] });
    await witness.at(momentOf("back to trust", 2, "trust"));
    await assertProven(run.lab, await run.stack.certificates());
    await goTo(run, "given up", { configure: rotateTo(1), trusted: [before] });
    await witness.at(momentOf("given up", 1));
    await assertProven(run.lab, await run.stack.certificates());
    // the next generation 2 has other keys than the one that was given up
    witness = await Witness.begin(run);
    await witness.at(momentOf("before the second try", 1));
    for (const [name, phase] of SECOND_TRY) {
      await goTo(run, name, { configure: rotateTo(2, phase), trusted: phase === "done" ? ["g2"] : [before, "g2"] });
      await witness.at(momentOf(name, 2, phase));
    }
    await assertProven(run.lab, await run.stack.certificates());
  },
};

const adoption: Scenario = {
  name: "adoption",
  proves: "a cluster whose CA keys the stack never had is taken over phase by phase, then rotated like any other",
  topologies: ["duo", "ha3", "hardway", "moved", "ipv6", "external-etcd", "etcdadm", "kubespray", "fleet"],
  play: async (run) => {
    await configureSsh(run.stack, run.lab);
    run.stack.configure({ ...(await adoptionConfig(run.lab)), rollout: ROLLOUT });
    const witness = await Witness.begin(run);
    await witness.at(momentOf("theirs", 0), { kubelets: false });
    await run.step("another cluster's fingerprint is refused before anything is touched", async () => {
      const { adopt } = await adoptionConfig(run.lab);
      run.stack.configure({ adopt: { ...adopt, kubernetes: "ab".repeat(32) } });
      const { code, stdout, stderr } = await run.stack.up();
      assert.notEqual(code, 0);
      assert.match(
        stdout + stderr,
        /the cluster's CA there .* is another one than the stack file's; adopt\.kubernetes: /,
      );
      run.stack.configure({ adopt });
    });
    await goTo(run, "trust", { configure: rotateTo(1, "trust"), trusted: ["foreign", "g1"] });
    await witness.at(momentOf("trust", 1, "trust"), { kubelets: false });
    await goTo(run, "issue", { configure: rotateTo(1, "issue"), trusted: ["foreign", "g1"] });
    await witness.at(momentOf("issue", 1, "issue"));
    await goTo(run, "done: theirs is retired", { configure: { rotation: undefined }, trusted: ["g1"] });
    await witness.at(momentOf("ours", 1));
    await goTo(run, "generation 2", { configure: rotateTo(2), trusted: ["g2"] });
    await witness.at(momentOf("generation 2", 2));
    await assertProven(run.lab, await run.stack.certificates());
  },
};

export const rotationScenarios: readonly Scenario[] = [
  rotation,
  rotationOfNodes,
  rotationPhases,
  rotationUndo,
  adoption,
];
