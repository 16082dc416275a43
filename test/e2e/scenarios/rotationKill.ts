/** A pulumi that is killed again and again in the middle of rotations. */
import assert from "node:assert/strict";
import { assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { upKilledAt } from "../killing";
import { begin, goTo, momentOf, rotateTo, useCluster, Witness } from "../rotating";
import type { Run, Scenario } from "../scenario";
import { numbersFrom } from "../seeded";

const ROTATIONS = 5;

/** The second kill hits the `up` that is to mend the first. */
const KILLS_EACH = 2;
const KILLS = ROTATIONS * KILLS_EACH;

/** Another number plays another set of kills. */
const SEED = 20261124;

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await begin(run);
  const witness = await Witness.begin(run);
  await witness.at(momentOf("before", 1));
  await useCluster(run);
  stack.configure(rotateTo(2));
  const { events } = await run.step("a rotation without a kill, its events counted", () =>
    upKilledAt(stack, () => false),
  );
  run.counts["events of a rotation"] = events;
  const number = numbersFrom(SEED);
  for (let rotation = 1; rotation <= ROTATIONS; rotation += 1) {
    const generation = rotation + 2;
    stack.configure(rotateTo(generation));
    let left = events;
    for (let kill = 1; kill <= KILLS_EACH; kill += 1) {
      const event = 1 + Math.floor(number() * (left - 1));
      left -= event;
      const { at } = await run.step(
        `pulumi up to generation ${String(generation)}, killed at event ${String(event)}`,
        () => upKilledAt(stack, (each) => each === event),
      );
      run.log(at === "" ? "it had ended before" : `killed at: ${at}`);
      if (at === "") continue;
      run.counts["kills"] = (run.counts["kills"] ?? 0) + 1;
      // a killed run leaves its lock behind, as with every self-managed backend
      await stack.must(["cancel", "--yes"]);
    }
    const title = `pulumi up to generation ${String(generation)} after two kills`;
    await goTo(run, title, { configure: rotateTo(generation), trusted: [`g${String(generation)}`] });
  }
  assert.equal(run.counts["kills"], KILLS, "rotations that were killed");
  await witness.at(momentOf("after the kills", ROTATIONS + 2));
  await assertProven(lab, await stack.certificates());
  assertUndisturbed(lab, await run.stopClients(), await run.stopProbing());
};

export const rotationKill: Scenario = {
  name: "rotation-kill",
  proves: `pulumi killed ${String(KILLS)} times in the middle of ${String(ROTATIONS)} rotations: a plain up ends each, and nothing is lost`,
  topologies: ["ha3", "duo"],
  play,
};
