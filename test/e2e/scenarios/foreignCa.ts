/** Kubeconfigs that lead to another cluster as well: its CA is let in nowhere, in no phase, and its entries stay. */
import type { Phase } from "../../../core/model/phases";
import { adoptionConfig, configureSsh } from "../labConfig";
import { begin, casOf, goTo, ROLLOUT, rotateTo } from "../rotating";
import { ForeignCluster } from "../foreignCluster";
import type { Run, Scenario } from "../scenario";

const TO_THE_END = [
  ["trust", "trust"],
  ["issue", "issue"],
  ["back to trust", "trust"],
  ["issue again", "issue"],
  ["done", "done"],
] as const;

const BACK_FROM_THE_END = [
  ["back from the very end", "issue"],
  ["done again", "done"],
] as const;

const look = (run: Run, foreign: ForeignCluster, moment: string): Promise<void> =>
  run.step(`${moment}: staging's client is let in nowhere, its entries work`, async () => {
    await run.lab.kubeconfig();
    const before = run.counts["answers and places"] ?? 0;
    run.counts["answers and places"] = before + (await foreign.assertOutside());
    const { commands } = await run.stack.commands();
    if (commands.length > 0) foreign.assertTold(commands.map(({ outputs }) => String(outputs?.stdout)));
  });

const goThrough = async (
  run: Run,
  foreign: ForeignCluster,
  before: string,
  generation: number,
  phases: readonly (readonly [moment: string, phase: Phase])[],
): Promise<void> => {
  const next = `g${String(generation)}`;
  for (const [moment, phase] of phases) {
    const trusted = phase === "done" ? [next] : [before, next];
    await goTo(run, moment, { configure: rotateTo(generation, phase), trusted });
    await look(run, foreign, moment);
  }
};

const foreignCa: Scenario = {
  name: "foreign-ca",
  proves:
    "a CA that only stands in kubeconfigs is let in nowhere, in no phase of a rotation, and its entries go on working",
  topologies: ["duo"],
  play: async (run) => {
    const foreign = await run.step("kubeconfigs lead to another cluster too", () => ForeignCluster.start(run.lab));
    await look(run, foreign, "before");
    await begin(run);
    await look(run, foreign, "the cluster as it is");
    await goThrough(run, foreign, casOf(run), 2, [...TO_THE_END, ...BACK_FROM_THE_END]);
  },
};

const foreignCaAdoption: Scenario = {
  name: "foreign-ca-adoption",
  proves: "as foreign-ca, where a cluster is taken over whose CA keys the stack never had",
  topologies: ["duo"],
  play: async (run) => {
    const foreign = await run.step("kubeconfigs lead to another cluster too", () => ForeignCluster.start(run.lab));
    await configureSsh(run.stack, run.lab);
    run.stack.configure({ ...(await adoptionConfig(run.lab)), rollout: ROLLOUT });
    // a CA that was taken over does not come back once it is gone: nobody but the nodes had it
    await goThrough(run, foreign, "foreign", 1, TO_THE_END);
  },
};

export const foreignCaScenarios: readonly Scenario[] = [foreignCa, foreignCaAdoption];
