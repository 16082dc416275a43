import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeSite, pagesOf, withoutSources, withTitle } from "../../tools/docsSite";
import { Chromium } from "../withTools/browser/chromium";
import { Page } from "../withTools/browser/page";

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

  describe("made", function () {
    this.timeout(600_000); // the browser is got first
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-site-"));
    let isWhole = false;
    before(() => {
      isWhole = makeSite(folder);
    });
    after(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it("is there, and no link in it leads nowhere", () => {
      assert.ok(isWhole, "typedoc has warned, see above");
      for (const page of ["index.html", "classes/index.ClusterPki.html"])
        assert.ok(existsSync(join(folder, page)), page);
      const index = readFileSync(join(folder, "documents", "At_3_AM.html"), "utf8");
      assert.match(index, /<h1[^>]*>At 3 AM/);
    });

    it("in a browser: begins with a page that works without a network", async () => {
      const browser = await Chromium.start();
      try {
        const page = await Page.open(browser);
        await page.show({ width: 1280, height: 900 });
        await page.goTo(join(folder, "index.html"));
        const links = await page.ask(async () => {
          const all = (): string[] =>
            [...document.querySelectorAll<HTMLAnchorElement>("a[href]")].map((link) => link.href);
          // a script makes the menu
          for (
            let tries = 0;
            document.querySelector(".tsd-navigation a[href*='At_3_AM']") === null && tries < 100;
            tries += 1
          )
            await new Promise((resolve) => setTimeout(resolve, 50));
          return all();
        });
        const files = links
          .filter((link) => link.startsWith("file:"))
          .map((link) => fileURLToPath(link.replace(/[?#].*/, "")));
        assert.ok(files.length > 50, `its menu has ${String(files.length)} links`);
        assert.deepEqual(
          [...new Set(files)].filter((file) => !existsSync(file)),
          [],
        );
        assert.deepEqual(
          page.requests.filter((url) => !/^(?:file|data|blob):/.test(url)),
          [],
        );
        // of a file the browser does not show another's icons; typedoc has them in the page as well, for this
        const complaints = page.complaints.filter((text) => !/icons\.svg#[\w-]+ from frame with URL file:/.test(text));
        assert.deepEqual(complaints, []);
      } finally {
        await browser.stop();
      }
    });
  });
});
