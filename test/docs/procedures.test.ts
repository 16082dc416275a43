/** The pages of docs/procedures/: every step is there, and every scenario that they name; the rest of what pages name is in pages.test.ts. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { SCENARIOS } from "../e2e/scenarios";
import { tablesIn } from "./markdown";

const FOLDER = join(__dirname, "..", "..", "docs", "procedures");

/** The number of a procedure and how many steps it has. */
const PROCEDURES: Readonly<Record<string, readonly [number: string, steps: number]>> = {
  "deezer-ca-rotation.md": ["000", 39],
  "kubeadm-manual-renewal.md": ["001", 21],
  "kubernetes-docs-manual-rotation.md": ["002", 30],
  "konvoy-renewal.md": ["003", 13],
  "eks-anywhere-renewal.md": ["004", 25],
};

const VERDICTS = ["yes", "instead", "partly", "no"] as const;

const read = (page: string): string => readFileSync(join(FOLDER, page), "utf8");

/** The table of a page: id, step, verdict, what kube-pki does, what proves it. */
const rowsOf = (page: string): readonly (readonly string[])[] => tablesIn(read(page)).filter(([id]) => id !== "step");

/** `rotation` on ha3, hardway */
const NAMED = /`([a-z][a-z-]*)`(?: on ([a-z0-9]+(?:, [a-z0-9]+)*))?/g;

const unknownScenarios = (proof: string): string[] =>
  [...proof.matchAll(NAMED)].flatMap(([, name = "", topologies]) => {
    const scenario = SCENARIOS.find((each) => each.name === name);
    if (scenario === undefined) return [`scenario ${name}`];
    const known: readonly string[] = scenario.topologies;
    return (topologies?.split(", ") ?? [])
      .filter((topology) => !known.includes(topology))
      .map((topology) => `${name} on ${topology}`);
  });

describe("pages of procedures", () => {
  it("are those that the index lists, with as many steps of each verdict", () => {
    assert.deepEqual(readdirSync(FOLDER).sort(), [...Object.keys(PROCEDURES), "README.md"].sort());
    const listed = tablesIn(read("README.md"))
      .filter(([page]) => page !== "page")
      .map(([page = "", , ...counts]) => [/\((.*)\)/.exec(page)?.[1], ...counts.map(Number)]);
    const counted = Object.keys(PROCEDURES).map((page) => {
      const verdicts = rowsOf(page).map(([, , verdict]) => verdict);
      return [page, verdicts.length, ...VERDICTS.map((each) => verdicts.filter((verdict) => verdict === each).length)];
    });
    assert.deepEqual(listed, counted);
  });

  for (const [page, [number, steps]] of Object.entries(PROCEDURES)) {
    describe(page, () => {
      const rows = rowsOf(page);

      it("has every step once, in order, with a verdict, what is done and what proves it", () => {
        assert.deepEqual(
          rows.map(([id]) => id),
          Array.from({ length: steps }, (_, at) => `${number}/${String(at + 1)}`),
        );
        for (const [id = "", step, verdict, does, proof, ...more] of rows) {
          assert.ok(
            VERDICTS.some((each) => each === verdict),
            `${id}: ${String(verdict)}`,
          );
          assert.ok(step && does && proof && more.length === 0, id);
          // what cannot be shown is not said to be so
          if (verdict === "yes" || verdict === "instead") assert.match(proof, /`[a-z-]+`|\]\(|^as /, id);
        }
      });

      it("names scenarios that there are, on clusters they are played on", () => {
        assert.deepEqual(
          rows.flatMap(([id = "", , , , proof = ""]) => unknownScenarios(proof).map((what) => `${id}: ${what}`)),
          [],
        );
      });

      it("refers to steps that there are", () => {
        const all = new Set(Object.keys(PROCEDURES).flatMap((each) => rowsOf(each).map(([id]) => id)));
        const named = [...read(page).matchAll(/\bas (\d{3}\/\d+)|proof of (\d{3}\/\d+)|(\d{3}\/\d+) says/g)];
        for (const [, ...ids] of named) assert.ok(all.has(ids.find(Boolean)), ids.join(""));
      });
    });
  }
});
