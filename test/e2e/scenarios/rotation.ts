/** Rotations of all authorities and the service account key, on clusters in use. */
import assert from "node:assert/strict";
import { assertClusterWorks, assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { adoptionConfig, configureFor, configureSsh } from "../labConfig";
import { moreThanNeeded } from "../restarts";
import { tail, type Run, type Scenario } from "../scenario";
import { trustOnNodes } from "../trustOnNodes";

/** A lab with one etcd member, or with several, may rotate. */
const ROLLOUT = { acceptEtcdDowntime: true, workersAtOnce: 1 };

const assertNothingToDo = (run: Run): Promise<void> =>
  run.step("pulumi up again: nothing to do", async () => {
    const { code, stdout, stderr } = await run.stack.up({ expectNoChanges: true });
    assert.equal(code, 0, tail(stdout + stderr));
  });

interface Target {
  /** Top-level keys of the stack file; undefined removes one. */
  readonly configure: Readonly<Record<string, unknown>>;
  /** Common names of the CAs that every node then trusts, by authority, whatever their order. */
  readonly trusted: readonly string[];
}

/** Goes to a phase and looks: what nodes trust, what they serve, that a second `up` does nothing. */
const goTo = async (run: Run, title: string, { configure, trusted }: Target): Promise<void> => {
  run.stack.configure(configure);
  await run.up(title);
  for (const { node, authority, names } of await trustOnNodes(run.lab)) {
    const suffix = { kubernetes: "kubernetes-ca", etcd: "etcd-ca", frontProxy: "front-proxy-ca" }[authority];
    const wanted = trusted.map((each) => (each === "foreign" ? FOREIGN[authority] : `lab-${suffix}-${each}`));
    assert.deepEqual([...names].sort(), [...wanted].sort(), `${node}: what ${authority} is`);
  }
  await assertNothingToDo(run);
  await assertClusterWorks(run.lab);
};

/** What kubeadm and the hard-way lab call the CAs of a cluster that was there before. */
const FOREIGN = { kubernetes: "kubernetes", etcd: "etcd-ca", frontProxy: "front-proxy-ca" } as const;

const rotateTo = (generation: number, phase?: "trust" | "issue") => ({
  rotation: { generation, ...(phase && { phase }) },
});

const assertMinimal = (run: Run, up: string): void => {
  assert.deepEqual(moreThanNeeded(run.restarts, up), [], "restarts beyond the fewest a rotation needs");
};

/** A cluster under the stack: with its own CAs where the lab has their keys, else taken over. */
const begin = async (run: Run): Promise<void> => {
  if (run.lab.topology.installer === "kubeadm") await configureFor(run.stack, run.lab, "existing");
  else {
    await configureSsh(run.stack, run.lab);
    run.stack.configure(await adoptionConfig(run.lab));
  }
  run.stack.configure({ rollout: ROLLOUT });
  await run.up("pulumi up: the cluster as it is");
  await run.lab.kubeconfig(); // the former one may not trust the API servers any more
};

const rotation: Scenario = {
  name: "rotation",
  proves: "all three CAs and the token key replaced in one up, with the fewest restarts, unnoticed behind a balancer",
  topologies: ["ha3", "hardway", "duo"],
  play: async (run) => {
    await begin(run);
    await run.step("start everything that uses the cluster", () => run.startClients());
    run.startProbing();
    const title = "pulumi up: trust, issue and retire to generation 2";
    await goTo(run, title, { configure: rotateTo(2), trusted: ["g2"] });
    assertMinimal(run, title);
    run.counts["ports proven from outside"] = await assertProven(run.lab, await run.stack.certificates());
    assertUndisturbed(run.lab, await run.stopClients(), await run.stopProbing());
  },
};

const rotationUndo: Scenario = {
  name: "rotation-undo",
  proves: "each phase stops where it is told to and can be gone back from; given up, a rotation leaves nothing behind",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    await begin(run);
    await goTo(run, "trust", { configure: rotateTo(2, "trust"), trusted: ["foreign", "g2"] });
    await goTo(run, "issue", { configure: rotateTo(2, "issue"), trusted: ["foreign", "g2"] });
    await goTo(run, "back to trust", { configure: rotateTo(2, "trust"), trusted: ["foreign", "g2"] });
    await assertProven(run.lab, await run.stack.certificates());
    await goTo(run, "given up", { configure: rotateTo(1), trusted: ["foreign"] });
    await assertProven(run.lab, await run.stack.certificates());
  },
};

const adoption: Scenario = {
  name: "adoption",
  proves: "a cluster whose CA keys the stack never had is taken over phase by phase, then rotated like any other",
  topologies: ["duo", "ha3"],
  play: async (run) => {
    await configureSsh(run.stack, run.lab);
    run.stack.configure({ ...(await adoptionConfig(run.lab)), rollout: ROLLOUT });
    await run.step("another cluster's fingerprint is refused before anything is touched", async () => {
      const { adopt } = await adoptionConfig(run.lab);
      run.stack.configure({ adopt: { ...adopt, kubernetes: "ab".repeat(32) } });
      const { code, stdout, stderr } = await run.stack.up();
      assert.notEqual(code, 0);
      assert.match(stdout + stderr, /ca\.crt holds another CA than the one configured/);
      run.stack.configure({ adopt });
    });
    await goTo(run, "trust", { configure: rotateTo(1, "trust"), trusted: ["foreign", "g1"] });
    await goTo(run, "issue", { configure: rotateTo(1, "issue"), trusted: ["foreign", "g1"] });
    await goTo(run, "done: theirs is retired", { configure: { rotation: undefined }, trusted: ["g1"] });
    await goTo(run, "generation 2", { configure: rotateTo(2), trusted: ["g2"] });
    await assertProven(run.lab, await run.stack.certificates());
  },
};

export const rotationScenarios: readonly Scenario[] = [rotation, rotationUndo, adoption];
