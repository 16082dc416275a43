import assert from "node:assert/strict";
import { mutantsOf } from "./mutants";
import { texts } from "./operators";
import { EQUIVALENT, ROWS, TARGETS } from "./targets";

const NOTHING = { targets: [], rows: [], equivalent: [] };
const ROW = { name: "gone", edits: [], tests: [] };
const TARGET = { group: "tables", files: ["core/model/roles.ts"], operators: [texts], tests: [] } as const;

describe("what is made wrong on purpose", () => {
  it("is there: every file, text and name that test/mutate/targets.ts has", () => {
    const all = mutantsOf({ targets: TARGETS, rows: ROWS, equivalent: EQUIVALENT });
    assert.ok(all.every(({ files, tests, isEquivalent }) => files.size > 0 && (isEquivalent || tests.length > 0)));
  });

  const CASES: readonly (readonly [what: string, lists: Parameters<typeof mutantsOf>[0], says: RegExp])[] = [
    [
      "a file",
      { ...NOTHING, targets: [{ ...TARGET, files: ["core/model/gone.ts"] }] },
      /tables: no file core\/model\/gone\.ts/,
    ],
    ["a test", { ...NOTHING, targets: [{ ...TARGET, tests: ["core/gone"] }] }, /no file test\/core\/gone\.test\.ts/],
    ["a name", { ...NOTHING, targets: [{ ...TARGET, names: ["gone"] }] }, /tables: no file has gone/],
    [
      "anything to make wrong",
      { ...NOTHING, targets: [{ ...TARGET, operators: [] }] },
      /tables: nothing to make wrong in core\/model\/roles\.ts/,
    ],
    [
      "the file of a row",
      { ...NOTHING, rows: [{ ...ROW, edits: [["core/gone.ts", "a", "b"]] }] },
      /gone: no file core\/gone\.ts/,
    ],
    [
      "the text of a row",
      { ...NOTHING, rows: [{ ...ROW, edits: [["core/model/roles.ts", "no such text", ""]] }] },
      /gone: core\/model\/roles\.ts has no text "no such text"/,
    ],
    [
      "what would change nothing",
      { ...NOTHING, targets: [TARGET], equivalent: [["core/model/roles.ts", /^gone/, "of old"]] },
      /EQUIVALENT: nothing in core\/model\/roles\.ts is \/\^gone\//,
    ],
  ];
  for (const [what, lists, says] of CASES)
    it(`is an error, which names it, where nobody has ${what} any more`, () => {
      assert.throws(() => mutantsOf(lists), says);
    });
});
