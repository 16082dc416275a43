/** A pulumi that is killed again and again in the middle of rotations. */
import { assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { upKilledAt } from "../killing";
import { begin, goTo, momentOf, rotateTo, useCluster, Witness } from "../rotating";
import type { Run, Scenario } from "../scenario";
import { numbersFrom } from "../seeded";

const KILLS = 10;

/** Each kill but the first hits the `up` that is to repair the one before. */
const KILLS_EACH = 5;

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
  let generation = 2;
  for (let kills = 0; kills < KILLS;) {
    generation += 1;
    stack.configure(rotateTo(generation));
    const before = kills;
    let left = events;
    while (kills < KILLS && kills - before < KILLS_EACH) {
      const event = 1 + Math.floor(number() * (left - 1));
      left -= event;
      const { at } = await run.step(
        `pulumi up to generation ${String(generation)}, killed at event ${String(event)}`,
        () => upKilledAt(stack, (each) => each === event),
      );
      run.log(at === "" ? "it had ended before" : `killed at: ${at}`);
      if (at === "") break;
      kills += 1;
      // a killed run leaves its lock behind, as with every self-managed backend
      await stack.must(["cancel", "--yes"]);
    }
    run.counts["kills"] = kills;
    const title = `pulumi up to generation ${String(generation)} after ${String(kills - before)} kills`;
    await goTo(run, title, { configure: rotateTo(generation), trusted: [`g${String(generation)}`] });
  }
  run.counts["rotations"] = generation - 1;
  await witness.at(momentOf("after the kills", generation));
  await assertProven(lab, await stack.certificates());
  assertUndisturbed(lab, await run.stopClients(), await run.stopProbing());
};

export const rotationKill: Scenario = {
  name: "rotation-kill",
  proves: `pulumi killed ${String(KILLS)} times in the middle of rotations, ${String(KILLS_EACH)} times in a row: a plain up ends each, and nothing is lost`,
  topologies: ["ha3", "hardway", "duo"],
  play,
};
