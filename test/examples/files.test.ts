/** Every folder of examples/ is in its table and run by a test; what a stack file says is what is meant. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configWarnings } from "../../core/config/warnings";
import { parseConfig, rawConfig } from "../../core/config/parse";
import { brokenLinks } from "../docs/markdown";
import { EXAMPLES, settingsOf, stackFilesOf, textsOf } from "./stackFiles";

const README = readFileSync(join(EXAMPLES, "README.md"), "utf8");
const FOLDERS = readdirSync(EXAMPLES, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const NOW = new Date("2026-11-22T00:00:00Z");

/** By folder, the test that its row names. */
const rows = new Map(
  README.split("\n")
    .filter((line) => line.startsWith("| ["))
    .flatMap((line) => {
      const [, folders = "", , test = ""] = line.split("|");
      const file = /\]\(([^)]*\.ts)\)/.exec(test)?.[1] ?? "";
      return [...folders.matchAll(/\]\((\S+)\/\)/g)].map(([, folder = ""]) => [folder, file] as const);
    }),
);

describe("examples", () => {
  it("are all in the table, which leads to what is there", () => {
    assert.deepEqual([...rows.keys()].sort(), FOLDERS.sort());
    assert.deepEqual(brokenLinks(README, EXAMPLES), []);
  });

  for (const folder of FOLDERS)
    it(`${folder}/ is run by the test that the table names`, () => {
      const test = readFileSync(join(EXAMPLES, rows.get(folder) ?? ""), "utf8");
      assert.match(test, new RegExp(`\\b${folder}\\b`));
    });

  for (const [example, file] of stackFilesOf())
    it(`${example}/${file} is a stack file that nothing is warned of`, () => {
      const config = parseConfig(rawConfig(textsOf(settingsOf(example, file))), { now: NOW, secretKeys: new Set() });
      assert.deepEqual(configWarnings(config, NOW), []);
    });
});
