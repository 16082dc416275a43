/** A pulumi that is killed again and again in the middle of rotations. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { assertProven } from "../checks";
import { assertUndisturbed } from "../clients/bar";
import { CLIENT_WORKLOADS } from "../clients/podClients";
import { begin, goTo, momentOf, rotateTo, Witness } from "../rotating";
import { tail, type Run, type Scenario } from "../scenario";

const KILLS = 10;

/** Another number plays another set of kills. */
const SEED = 20261124;

/** Numbers from 0 to 1 that are the same on every machine. https://en.wikipedia.org/wiki/Linear_congruential_generator */
const numbersFrom = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
};

/** A line of pulumi's that tells of a resource. */
const EVENT = /:\S+ +\S+ +(creat|updat|replac|delet)(ing|ed)\b/;

const parentOf = (pid: string): string | undefined => {
  try {
    return /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, "utf8"))?.[1];
  } catch {
    return undefined;
  }
};

/** The process and all that it started; pulumi's plugins are groups of their own, so its group is not enough. */
const killTree = (root: number): void => {
  assert.ok(root > 1, "pulumi's process is not known");
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const childrenOf = (pid: string): string[] => all.filter((each) => parentOf(each) === pid);
  const family = [String(root)];
  // grows while it is walked
  for (const pid of family) family.push(...childrenOf(pid));
  for (const pid of family)
    try {
      process.kill(Number(pid), "SIGKILL");
    } catch {
      // it has ended by itself
    }
};

interface KilledUp {
  events: number;
  /** The line it was killed at; empty when it ended by itself. */
  at: string;
}

/** `pulumi up`, killed at this event; 0: never. */
const upKilledAt = async (run: Run, event: number): Promise<KilledUp> => {
  const seen: KilledUp = { events: 0, at: "" };
  let pid = 0;
  const onLine = (line: string): void => {
    if (!EVENT.test(line)) return;
    seen.events += 1;
    if (seen.events !== event) return;
    seen.at = line.trim();
    killTree(pid);
  };
  const { code, stdout, stderr } = await run.stack.up({ onLine, onStart: (started) => (pid = started) });
  if (seen.at === "") assert.equal(code, 0, tail(stdout + stderr));
  return seen;
};

const play = async (run: Run): Promise<void> => {
  const { lab, stack } = run;
  await begin(run, CLIENT_WORKLOADS);
  const witness = await Witness.begin(run);
  await witness.at(momentOf("before", 1));
  await run.step("start everything that uses the cluster", () => run.startClients());
  run.startProbing();
  stack.configure(rotateTo(2));
  const { events } = await run.step("a rotation without a kill, its events counted", () => upKilledAt(run, 0));
  run.counts["events of a rotation"] = events;
  const number = numbersFrom(SEED);
  for (let kill = 1; kill <= KILLS; kill += 1) {
    const generation = kill + 2;
    const event = 1 + Math.floor(number() * (events - 1));
    stack.configure(rotateTo(generation));
    const { at } = await run.step(
      `pulumi up to generation ${String(generation)}, killed at event ${String(event)}`,
      () => upKilledAt(run, event),
    );
    run.log(at === "" ? "it had ended before" : `killed at: ${at}`);
    if (at !== "") {
      run.counts["kills"] = (run.counts["kills"] ?? 0) + 1;
      // a killed run leaves its lock behind, as with every self-managed backend
      await stack.must(["cancel", "--yes"]);
    }
    const title = `pulumi up after kill ${String(kill)}`;
    await goTo(run, title, { configure: rotateTo(generation), trusted: [`g${String(generation)}`] });
  }
  assert.equal(run.counts["kills"], KILLS, "rotations that were killed");
  await witness.at(momentOf("after the kills", KILLS + 2));
  await assertProven(lab, await stack.certificates());
  assertUndisturbed(lab, await run.stopClients(), await run.stopProbing());
};

export const rotationKill: Scenario = {
  name: "rotation-kill",
  proves: `pulumi killed ${String(KILLS)} times in the middle of a rotation: a plain up ends each, and nothing is lost`,
  topologies: ["ha3", "duo"],
  play,
};
