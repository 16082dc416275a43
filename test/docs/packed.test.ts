/** What is in the package: whoever has only that can follow README, and copy every file that a page says to copy. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { linkedFiles } from "./markdown";

const ROOT = join(__dirname, "..", "..");

/** Folders of sources: pages name what proves or does something there, which is read in the repository. */
const SOURCES = /^(?:bench|cli|components|core|node|plugin|test|tools)\//;

interface Pack {
  readonly files: readonly { readonly path: string }[];
}

/** By npm itself, from package.json and without building. */
const packedFiles = (): readonly string[] => {
  const { stdout } = spawnSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  const [{ files } = { files: [] }] = JSON.parse(stdout) as Pack[];
  return files.map(({ path }) => path);
};

describe("the package", function () {
  this.timeout(60_000);
  let packed: readonly string[];
  before(() => {
    packed = packedFiles();
  });

  const isPacked = (path: string): boolean =>
    packed.includes(path) || packed.some((file) => file.startsWith(`${path.replace(/\/$/, "")}/`));
  const leadNowhere = (page: string): readonly string[] =>
    linkedFiles(readFileSync(join(ROOT, page), "utf8"))
      .map((path) => relative(ROOT, join(ROOT, dirname(page), path)))
      .filter((path) => !isPacked(path));

  it("has README, every page of docs/, and what they have people copy", () => {
    for (const path of ["README.md", "docs/README.md", "docs/incidents.md", "examples/README.md", "template/index.ts"])
      assert.ok(packed.includes(path), path);
    for (const path of ["examples/pipelines/gitlab/.gitlab-ci.yml", "examples/policy/rules.ts"])
      assert.ok(packed.includes(path), path);
  });

  it("has no stack file of whoever packs it, no test and no tool", () => {
    const strays = packed.filter((path) => /^(?:test|tools|bench|core|cli|components)\//.test(path));
    assert.deepEqual(strays, []);
    assert.deepEqual(
      packed.filter((path) => path.startsWith("stacks/")),
      ["stacks/Pulumi.example.yaml"],
    );
  });

  it("has everything that its README links to", () => {
    assert.deepEqual(leadNowhere("README.md"), []);
  });

  it("has everything that its pages link to, but sources", () => {
    const pages = packed.filter((path) => /^(?:docs|examples)\/.*\.md$|^[A-Z]+\.md$/.test(path));
    assert.ok(pages.length > 30, String(pages.length));
    assert.deepEqual(
      pages.flatMap((page) =>
        leadNowhere(page)
          .filter((path) => !SOURCES.test(path))
          .map((path) => `${page}: ${path}`),
      ),
      [],
    );
  });
});
