import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { checkLines } from "../../../core/protocol/checkLines";
import { LINES } from "../../../core/protocol/grammar";
import { documented, grammarScript } from "../../../core/protocol/grammarTexts";

const ROOT = join(__dirname, "..", "..", "..");
const read = (...path: string[]): string => readFileSync(join(ROOT, ...path), "utf8");
const GENERATED = "18-grammar.sh";

/** The texts of a folder's files, without those that are the table or are made from it. */
const textsIn = (folder: string): string =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) =>
        /\.(?:ts|sh)$/.test(name) &&
        !/(?:grammar|signingGrammar|backupGrammar|grammarTexts|lineRow)\.(?:ts|sh)$/.test(name),
    )
    .map((name) => read(folder, name))
    .join("\n");

describe("lines of the node protocol", () => {
  it("are the node's as well: `npm run protocol` writes them", () => {
    assert.equal(read("node", GENERATED), grammarScript());
  });

  it("are documented: `npm run protocol` writes docs/node-protocol.md", () => {
    const page = read("docs", "node-protocol.md");
    assert.equal(documented(page), page);
  });

  const [writers, readers] = [textsIn("core"), textsIn("node")];
  for (const word of new Set(LINES.map((row) => row.word))) {
    it(`${word}: is written by core/, and acted on by node/`, () => {
      assert.match(writers, new RegExp(`[\`"](?:\\$\\{[^}]*\\? ")?${word}[ "]`), "core/");
      // a word of awk, a pattern of grep, sed or case
      assert.match(readers, new RegExp(`["^|(]${word}["|) ]|^ *(?:[a-z-]+ \\| )*${word}(?: \\||\\))`, "m"), "node/");
    });
  }

  it("are all that core/protocol/ writes", () => {
    const written = [...textsIn(join("core", "protocol")).matchAll(/`([a-z-]+) \$\{as\./g)].map(([, word]) => word);
    assert.ok(written.length > 0);
    assert.deepEqual(
      written.filter((word) => !LINES.some((row) => row.word === word)),
      [],
    );
  });

  const refused: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["a line that is not of the list", ["node cp1", "delete /etc/x"], /has no line `delete`/],
    ["one of another verb", ["node cp1", "seed /etc/a 0600 /etc/b -"], /has no line `seed`/],
    ["a field too few", ["file /etc/x 0600 root root"], /file takes 5 fields, not 4/],
    ["a field that is not of its kind", ["file /etc/x 0600 root; root ca:etcd"], /"root;"/],
    ["a path out of bounds", ["keep /etc/../root/x ca:etcd"], /\/etc\/\.\.\/root\/x/],
  ];
  for (const [what, lines, why] of refused)
    it(`are checked before they are sent: ${what}`, () => {
      assert.throws(() => {
        checkLines("apply", lines);
      }, why);
    });

  it("leave the text of a part alone", () => {
    checkLines("apply", ["node cp1", "part ca:etcd 2", "delete /etc/x", "$(reboot)", "start bare"]);
  });
});
