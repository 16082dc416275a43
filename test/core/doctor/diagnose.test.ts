import assert from "node:assert/strict";
import { diagnose } from "../../../core/doctor/diagnose";
import type { Finding } from "../../../core/doctor/finding";
import { CHECKS } from "../../../core/doctor/table";
import { merged } from "../../../core/doctor/text";
import type { Survey } from "../../../core/survey/model";
import { healthy, makeAuthorities, type Authorities } from "./healthy";
import { NOW } from "./pki";
import { ENDING } from "./states/ends";
import { REST } from "./states/others";
import { RUNNING } from "./states/processes";
import { SILENT } from "./states/silent";
import { TRUSTED } from "./states/trust";
import { World } from "./world";

const STATES = [...ENDING, ...RUNNING, ...TRUSTED, ...REST];

const told = (findings: readonly Finding[]): string[] =>
  merged(findings).map(({ urgency, nodes, text, check }) => `${urgency} ${nodes.join(", ")}: ${text} [${check}]`);

describe("doctor", () => {
  let ca: Authorities;
  let surveys: readonly Survey[];
  before(async () => {
    ca = await makeAuthorities();
    surveys = await healthy(ca);
  });

  it("finds nothing in a cluster in good health", () => {
    assert.deepEqual(told(diagnose(surveys, NOW)), []);
  });

  for (const { what, spoil, says, remedy } of STATES) {
    it(`tells of ${what}`, async () => {
      const world = new World(surveys, ca);
      await spoil(world);
      const findings = diagnose(world.surveys, NOW, world.given);
      assert.deepEqual(told(findings), [says]);
      if (remedy !== undefined) assert.equal(findings[0]?.remedy, remedy);
    });
  }

  for (const { what, change } of SILENT) {
    it(`says nothing of ${what}`, async () => {
      const world = new World(surveys, ca);
      await change(world);
      assert.deepEqual(told(diagnose(world.surveys, NOW, world.given)), []);
    });
  }

  it("has a state for every check, and no two checks of one name", () => {
    const ids = CHECKS.map(({ id }) => id);
    const tried = new Set(STATES.map(({ says }) => / \[([a-z0-9-]+)\]$/.exec(says)?.[1]));
    assert.deepEqual(
      ids.filter((id) => !tried.has(id)),
      [],
    );
    assert.deepEqual([...new Set(ids)], ids);
  });

  it("says the most urgent first, and of the same check what ends first", async () => {
    const world = new World(surveys, ca);
    const ending = { by: ca.kubernetes, from: "2025-12-09" };
    await world.renew("cp2", "/etc/kubernetes/scheduler.conf", { ...ending, until: "2026-12-20" });
    await world.renew("cp1", "/etc/kubernetes/admin.conf", { ...ending, until: "2026-12-09" });
    await world.renew("cp2", "/etc/kubernetes/admin.conf", { ...ending, until: "2026-11-20" });
    world.node("w1").unread.push("something");
    assert.deepEqual(
      diagnose(world.surveys, NOW).map(({ urgency, node, subject }) => [urgency, node, subject]),
      [
        ["now", "cp2", "/etc/kubernetes/admin.conf"],
        ["soon", "cp1", "/etc/kubernetes/admin.conf"],
        ["soon", "cp2", "/etc/kubernetes/scheduler.conf"],
        ["notice", "w1", "survey"],
      ],
    );
  });

  it("looks as far ahead as it is told to", () => {
    const withinSeconds = 200 * 86_400;
    const checks = new Set(diagnose(surveys, NOW, { withinSeconds }).map(({ check }) => check));
    // the CAs have more than a third of their ten years left, leaves of a year have not
    assert.deepEqual([...checks], []);
    const later = new Date("2027-03-01T12:00:00Z");
    assert.ok(diagnose(surveys, later, { withinSeconds }).some(({ check }) => check === "certificate-expires"));
    assert.ok(
      !diagnose(surveys, later, { withinSeconds: 86_400 }).some(({ check }) => check === "certificate-expires"),
    );
  });

  it("tells hosts of one name apart", () => {
    const twins = [
      surveys[2]!,
      { ...surveys[2]!, host: { ...surveys[2]!.host, addresses: ["10.0.0.22"], readAt: "2026-11-01T00:00:00Z" } },
    ];
    assert.deepEqual(
      diagnose(twins, NOW)
        .filter(({ check }) => check === "survey-old")
        .map(({ node }) => node),
      ["w1 (10.0.0.22)"],
    );
  });
});
