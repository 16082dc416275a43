import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKS } from "../../../core/doctor/table";

const DOCS = readFileSync(join(__dirname, "..", "..", "..", "docs", "doctor.md"), "utf8");

describe("the table of checks", () => {
  it("is the one in docs/doctor.md", () => {
    const table = DOCS.slice(DOCS.indexOf("## Checks"));
    const rows = [...table.matchAll(/^\| `([a-z0-9-]+)` +\| (.+?) +\|$/gm)].map(([, id, finds]) => [id, finds]);
    assert.deepEqual(
      rows,
      CHECKS.map(({ id, finds }) => [id, finds]),
    );
  });
});
