import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { kubernetesVersions } from "../../../tools/kubernetesRelease";
import { due, pageOf, withRow, type Row } from "./rows";

const NOW = Date.parse("2026-12-01T00:00:00Z");

const row = (kubernetes: string, scenario: string, more: Partial<Row> = {}): Row => ({
  kubernetes,
  scenario,
  passed: true,
  seconds: 200,
  restarts: 3,
  at: "2026-11-30T00:00:00Z",
  commit: "abc1234",
  ...more,
});

describe("the matrix of releases", () => {
  it("plays what is not there, has failed, or is too old", () => {
    const rows = [
      row("1.36.3", "renewal"),
      row("1.36.3", "rotation-nodes", { passed: false }),
      row("1.36.3", "adoption", { at: "2026-11-01T00:00:00Z" }),
    ];
    assert.deepEqual(
      due(rows, ["1.36.3", "1.35.4"], { days: 14, now: NOW }).map(
        ({ kubernetes, scenario }) => `${kubernetes} ${scenario}`,
      ),
      ["1.36.3 rotation-nodes", "1.36.3 adoption", "1.35.4 renewal", "1.35.4 rotation-nodes", "1.35.4 adoption"],
    );
  });

  it("keeps one row of each, the newest release first", () => {
    const rows = [row("1.35.4", "renewal"), row("1.36.3", "adoption", { passed: false })];
    const after = withRow(withRow(rows, row("1.36.3", "adoption")), row("1.36.3", "renewal"));
    assert.deepEqual(
      after.map(({ kubernetes, scenario, passed }) => `${kubernetes} ${scenario} ${String(passed)}`),
      ["1.36.3 renewal true", "1.36.3 adoption true", "1.35.4 renewal true"],
    );
  });

  it("says what was not played", () => {
    const page = pageOf([row("1.36.3", "renewal", { longestGap: 16.7 })], ["1.36.3"]);
    assert.match(page, /^\| 1\.36\.3 \| renewal \| passed \| 200 \| 3 \| 17 \| 2026-11-30, abc1234 \|$/m);
    assert.match(page, /^\| 1\.36\.3 \| adoption \| not played \|/m);
  });

  it("is on the page as its results are", async () => {
    const file = join(__dirname, "..", "..", "..", "docs", "versions.md");
    const rows = JSON.parse(readFileSync(join(__dirname, "results.json"), "utf8")) as Row[];
    const page = await format(pageOf(rows, kubernetesVersions), { ...(await resolveConfig(file)), filepath: file });
    assert.equal(readFileSync(file, "utf8"), page, "run `npm run matrix -- --page`");
  });
});
