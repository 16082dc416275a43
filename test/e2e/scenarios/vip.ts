/** A static pod that reads `admin.conf`, mounted as a single file: it is named, or restarted, before it would lose the API. */
import assert from "node:assert/strict";
import { HOLDER, LeaseHolder, READS } from "../leaseHolder";
import type { ProbeResult } from "../probe";
import { begin, casOf, goTo, ROLLOUT, rotateTo } from "../rotating";
import type { Run, Scenario } from "../scenario";

const READERS = [{ kind: "static-pod", name: HOLDER, reads: [READS] }];
const LONGEST_GAP = 15;

/** Not listed: the run stops before certificates are issued, says who reads what, and goes on when that was restarted. */
const named = async (run: Run, holder: LeaseHolder): Promise<void> => {
  await run.step("not listed: the rotation stops and names it before certificates are issued", async () => {
    run.stack.configure(rotateTo(2, "issue"));
    const { code, stdout, stderr } = await run.stack.up();
    assert.notEqual(code, 0, "it went on");
    const said = (stdout + stderr)
      .split("\n")
      .filter((line) => /error|mount|cannot|: /.test(line) && !line.includes('"'));
    assert.match(stdout + stderr, new RegExp(`mount ${HOLDER}:${READS}: is an older file`), said.join("\n"));
    await holder.renews();
  });
  await run.step("restarted by hand", () => holder.restart());
  await goTo(run, "issue", { configure: {}, trusted: [casOf(run), "g2"] });
  await run.step("issued: restarted by hand once more", () => holder.restart());
  await goTo(run, "done", { configure: rotateTo(2, "done"), trusted: ["g2"] });
};

const restarted = async (run: Run, holder: LeaseHolder): Promise<void> => {
  run.stack.configure({ rollout: { ...ROLLOUT, readers: READERS } });
  await goTo(run, "listed: a whole rotation in one up", { configure: rotateTo(3), trusted: ["g3"] });
  await run.step("it renews on every control plane", () => holder.renews());
};

/** Seconds of the longest time without an answer for new clients; one API server alone is away while it restarts. */
const awayFor = (probes: readonly ProbeResult[]): number => {
  const gaps = probes.filter(({ name, connection }) => name === "endpoint" && connection === "new");
  assert.equal(gaps.length, 1, "probes of the endpoint");
  return Math.ceil(Math.max(...gaps.map(({ longestGapMs }) => longestGapMs)) / 1000);
};

export const vip: Scenario = {
  name: "vip",
  proves: `a static pod that renews a Lease by ${READS}, mounted as a single file, is in two rotations never ${String(LONGEST_GAP)} s longer without the API than the API is away`,
  topologies: ["ha3", "duo"],
  play: async (run) => {
    await begin(run);
    const holder = await run.step("a Lease is renewed by a static pod on each control plane", () =>
      LeaseHolder.start(run.lab),
    );
    run.startProbing();
    await named(run, holder);
    await restarted(run, holder);
    const { seconds, renewals } = await holder.longestGap();
    const away = awayFor(await run.stopProbing());
    run.counts["renewals of the Lease"] = renewals;
    run.counts["longest time without one, seconds"] = seconds;
    run.counts["longest time without the API, seconds"] = away;
    assert.ok(
      seconds < LONGEST_GAP + away,
      `${String(seconds)} s without a renewal, ${String(away)} s without the API`,
    );
  },
};
