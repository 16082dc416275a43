import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { KIND_SECTIONS, SECTION_KINDS } from "../../../core/schema/authority";

describe("authority sections", () => {
  for (const kind of SECTION_KINDS) {
    it(`${kind}: the page that documents the section exists`, () => {
      const { docs } = KIND_SECTIONS[kind];
      assert.ok(docs.startsWith("https://") || existsSync(join(__dirname, "..", "..", "..", docs)), docs);
    });
  }
});
