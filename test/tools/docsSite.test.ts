import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeSite, pagesOf, withoutSources, withTitle } from "../../tools/docsSite";

const DOCS = join(__dirname, "..", "..", "docs");

describe("the documentation's site", () => {
  it("has every page, in one group each", () => {
    const listed = pagesOf(readFileSync(join(DOCS, "README.md"), "utf8"));
    const pages = readdirSync(DOCS, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".md"));
    // a folder is listed by its README.md
    const expected = pages.filter((name) => name !== "README.md" && !/\/(?!README)/.test(name));
    assert.deepEqual(listed.map(({ file }) => file).sort(), expected.sort());
    for (const { file, group } of listed) assert.notEqual(group, "", file);
  });

  it("has each page's heading as its title", () => {
    assert.equal(
      withTitle('# kube-pki `status`: "all"\n\ntext\n', "Day by day"),
      '---\ntitle: "kube-pki status: \\"all\\""\ngroup: "Day by day"\n---\n\n# kube-pki `status`: "all"\n\ntext\n',
    );
  });

  it("names a source where a page links to it, and keeps links to pages", () => {
    assert.equal(
      withoutSources("[rows](../core/model/reload.ts), [a page](status.md#forms), [test](../../test/main.ts)"),
      "`core/model/reload.ts`, [a page](status.md#forms), `test/main.ts`",
    );
  });

  it("is made, and no link in it leads nowhere", function () {
    this.timeout(180_000);
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-site-"));
    try {
      assert.ok(makeSite(folder), "typedoc has warned, see above");
      for (const page of ["index.html", "classes/index.ClusterPki.html"])
        assert.ok(existsSync(join(folder, page)), page);
      const index = readFileSync(join(folder, "documents", "At_3_AM.html"), "utf8");
      assert.match(index, /<h1[^>]*>At 3 AM/);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
