import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import type { Report } from "../scenario";
import { SCENARIOS } from "../scenarios";
import { pageOf } from "./page";
import { rowOf, withRows, type Row } from "./rows";

const REPORT: Report = {
  scenario: "rotation",
  topology: "ha3",
  authority: "vault",
  kubernetes: "1.36.3",
  at: "2026-11-30T12:00:00Z",
  commit: "abc1234",
  passed: true,
  seconds: 700.4,
  steps: [],
  probes: [
    { name: "endpoint", connection: "new", secondsProbed: 600, secondsFailed: 0, longestGapMs: 0, failures: [] },
    { name: "endpoint", connection: "kept", secondsProbed: 600, secondsFailed: 2, longestGapMs: 2100, failures: [] },
    { name: "cp1", connection: "new", secondsProbed: 600, secondsFailed: 40, longestGapMs: 9000, failures: [] },
  ],
  clients: [
    { name: "etcd writer", seconds: 590, secondsFailed: 0, longestGapMs: 300, facts: { lost: 1 }, failures: [] },
    { name: "watch", seconds: 590, secondsFailed: 1, longestGapMs: 900, facts: { lost: 0 }, failures: [] },
  ],
  access: [
    { answer: "200", expected: "200" },
    { answer: "200", expected: "401" },
  ] as unknown as Report["access"],
  restarts: [],
  unaskedRestarts: {},
  counts: {},
  error: undefined,
};

const row = (more: Partial<Row> = {}): Row => ({ ...rowOf(REPORT), ...more });

describe("the page of what was run", () => {
  it("has of a report what users felt: the endpoint, the worst client, what is lost, who was wrongly let in", () => {
    const { endpoint, client, lost, answers, wrong } = rowOf(REPORT);
    assert.deepEqual(endpoint, { seconds: 600, secondsFailed: 2, longestGapMs: 2100 });
    assert.deepEqual(client, { name: "watch", seconds: 590, secondsFailed: 1, longestGapMs: 900 });
    assert.deepEqual([lost, answers, wrong], [1, 2, 1]);
  });

  it("has of each neighbour what was asked of it, and what of its failures was not the API server's", () => {
    const top = {
      name: "kubectl top",
      ...{ seconds: 590, secondsFailed: 50, longestGapMs: 52_000 },
      ...{ facts: { failures: 17, "API not reached": 15 }, failures: [] },
    };
    const { client, neighbours } = rowOf({ ...REPORT, clients: [...REPORT.clients, top] });
    assert.equal(client?.name, "watch");
    assert.deepEqual(neighbours, [
      { name: "kubectl top", seconds: 590, secondsFailed: 50, longestGapMs: 52_000, failures: 2 },
    ]);
    assert.match(
      pageOf([row({ neighbours })], SCENARIOS),
      /\| kubectl top \| `rotation` on [^|]+ \| 50 of 590 s, 52\.0 s \| 2 \|/,
    );
  });

  it("says nothing where nobody asked", () => {
    const { endpoint, client, lost, answers } = rowOf({ ...REPORT, probes: [], clients: [], access: [] });
    assert.deepEqual([endpoint, client, lost, answers], [undefined, undefined, undefined, undefined]);
  });

  it("keeps the last run of each, a failed one too", () => {
    const later = row({ at: "2026-12-01T00:00:00Z", passed: false });
    assert.deepEqual(withRows([row()], [later]), [later]);
    assert.deepEqual(withRows([later], [row()]), [later]);
    assert.equal(withRows([row()], [row({ topology: "duo" })]).length, 2);
  });

  it("shows a failure, and what has not run", () => {
    const page = pageOf([row({ passed: false })], SCENARIOS);
    assert.match(
      page,
      /\| `rotation`: [^|]+ \| ha3, vault \| \*\*failed\*\* \| 700 \| 2 of 600 s, 2\.1 s \| watch: 1 of 590 s/,
    );
    assert.match(page, /\| `adoption`, `lost-state` \| not run since this page is kept \|/);
  });

  it("names scenarios that are there", () => {
    const page = pageOf([], SCENARIOS);
    const names = [...page.matchAll(/`([a-z-]+)`(?=,| \|)/g)].map(([, name]) => name);
    assert.ok(names.length > 15);
    for (const name of names)
      assert.ok(
        SCENARIOS.some((scenario) => scenario.name === name),
        name,
      );
  });

  it("is what `npm run reliability` writes from the results", async () => {
    const file = join(__dirname, "..", "..", "..", "docs", "reliability.md");
    const rows = JSON.parse(readFileSync(join(__dirname, "results.json"), "utf8")) as Row[];
    const text = await format(pageOf(rows, SCENARIOS), { ...(await resolveConfig(file)), filepath: file });
    assert.equal(readFileSync(file, "utf8"), text);
  });
});
