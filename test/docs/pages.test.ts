/** Every page of the project: links lead somewhere, commands of kube-pki and fields of the stack file are there. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { isField, kubePkiCommands } from "./known";
import { brokenLinks, codeIn, commandsIn, fieldsIn, runsBareCommand, shellLinesIn } from "./markdown";

const ROOT = join(__dirname, "..", "..");

const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "CHANGELOG.md",
  "examples/README.md",
  ...readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Run by steps of `pulumi up`, not for people. */
const STEPS = ["cluster-step", "preflight-step", "install-step"];

/** Fields of earlier versions, and of examples. */
const OTHER_FIELDS: Readonly<Record<string, readonly string[]>> = {
  "CHANGELOG.md": ["nodes[].bare", "authority.signer"],
  "docs/extending.md": ["authority.stepca", "rollout.settle"],
};

/** Says that there the command is on PATH. */
const ON_PATH = ["docs/command-line.md"];

describe("pages", () => {
  it("have the command as README has it: by npx in what is copied, by its name in the text", () => {
    const texts = PAGES.map((page) => [page, readFileSync(join(ROOT, page), "utf8")] as const);
    const bare = texts
      .filter(([page]) => !ON_PATH.includes(page))
      .flatMap(([page, text]) =>
        shellLinesIn(text)
          .filter(runsBareCommand)
          .map((line) => `${page}: ${line}`),
      );
    const named = texts
      .filter(([page]) => !ON_PATH.includes(page))
      .flatMap(([page, text]) =>
        codeIn(text)
          .filter((code) => /^npx kube-pki [a-z]/.test(code))
          .map((code) => `${page}: ${code}`),
      );
    assert.deepEqual([...bare, ...named], []);
    assert.ok(texts.some(([, text]) => shellLinesIn(text).some((line) => line.startsWith("npx kube-pki "))));
  });

  for (const page of PAGES)
    it(`${page}: links, commands and fields lead to what is there`, () => {
      const text = readFileSync(join(ROOT, page), "utf8");
      assert.deepEqual(brokenLinks(text, dirname(join(ROOT, page))), []);
      const known = [...kubePkiCommands(), ...STEPS];
      assert.deepEqual(
        commandsIn(text).filter((name) => !known.includes(name)),
        [],
      );
      assert.deepEqual(
        fieldsIn(text).filter((path) => !isField(path)),
        OTHER_FIELDS[page] ?? [],
      );
    });
});
