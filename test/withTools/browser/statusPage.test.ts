/** The page of `kube-pki status -o html` as a browser shows it. The browser brings its own font, so pictures are the same on every machine. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { statusPage } from "../../../core/report/forms/html/page";
import { Chromium } from "./chromium";
import { differingShare, faintThings, focus, layoutFaults, stops } from "./inPage";
import { Page, type Screen } from "./page";
import { REPORT, WRONG_NAMES } from "./rows";

const SCREENS: Readonly<Record<string, Screen>> = {
  light: { width: 1280, height: 900 },
  dark: { width: 1280, height: 900, scheme: "dark" },
  phone: { width: 360, height: 760 },
  // A4 without its margins
  paper: { width: 718, height: 1040, media: "print" },
  "replaced colours": { width: 1280, height: 900, scheme: "dark", forced: true },
};

const PICTURES = join(__dirname, "pictures");
/** Of the last run, where one is not as it was. */
const SEEN = join(__dirname, "..", "..", "..", "reports", "browser");
/** Pixels of letters' edges, which another processor may draw a little differently. */
const MOST_DIFFERING = 0.002;

describe("in a browser: the status page", function () {
  this.timeout(600_000); // the browser is got first
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-page-"));
  const file = join(folder, "status.html");
  let browser: Chromium;
  let page: Page;

  before(async () => {
    writeFileSync(file, statusPage(REPORT));
    browser = await Chromium.start();
    page = await Page.open(browser);
  });
  after(async () => {
    await browser.stop();
    rmSync(folder, { recursive: true });
  });

  const opened = async (name: string): Promise<void> => {
    await page.show(SCREENS[name]!);
    await page.goTo(file);
  };

  it("is of the cluster that it is tried with", () => {
    const found = REPORT.certificates.filter((row) => row.status !== "ok");
    assert.deepEqual(found.map(({ node, certificate }) => `${node} ${certificate}`).sort(), [...WRONG_NAMES].sort());
  });

  for (const name of Object.keys(SCREENS))
    describe(`shown as ${name}`, () => {
      before(() => opened(name));

      it("has nothing cut off, nothing on anything else, and no need to move it sideways", async () => {
        assert.deepEqual(await page.ask(layoutFaults), []);
      });

      it("can be read", async () => {
        assert.deepEqual(await page.ask(faintThings), []);
      });

      it("looks as it did", async () => {
        const picture = await page.picture();
        const kept = join(PICTURES, `${name.replace(" ", "-")}.png`);
        if (process.env["KUBE_PKI_WRITE_PICTURES"] === "1") writeFileSync(kept, Buffer.from(picture, "base64"));
        const blank = await Page.open(browser);
        const share = await blank.ask(differingShare, picture, readFileSync(kept).toString("base64"));
        const seen = join(SEEN, `${name.replace(" ", "-")}.png`);
        if (share > MOST_DIFFERING) {
          mkdirSync(dirname(seen), { recursive: true });
          writeFileSync(seen, Buffer.from(picture, "base64"));
        }
        const percent = (share * 100).toFixed(2);
        assert.ok(
          share <= MOST_DIFFERING,
          `${percent} % of ${seen} is not as in ${kept}: look at both (CONTRIBUTING.md)`,
        );
      });

      it("has nothing that axe finds wrong", async () => {
        await page.run(readFileSync(require.resolve("axe-core/axe.min.js"), "utf8"));
        const found = await page.run("axe.run().then(({ violations }) => violations)");
        const words = (found as readonly Violation[]).map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
        assert.deepEqual(words, []);
      });
    });

  it("tells first what is wrong, what is next and where a rotation is, without moving it", async () => {
    for (const name of ["light", "phone"]) {
      await opened(name);
      const top = await page.ask(() =>
        [...document.querySelectorAll(".counts li, dl.facts div, #attention ~ ul li")]
          .filter((element) => element.getBoundingClientRect().bottom <= innerHeight)
          .map((element) => element.textContent),
      );
      const text = top.join("\n");
      for (const words of [/^1expired$/m, /^Rotationetcd to generation 2, phase issue$/m, /^Due nowthe next/m])
        assert.match(text, words, name);
      assert.match(text, /^Next renewal\d{4}-\d\d-\d\d, in \d+ days: \w+ [\w-]+$/m, name);
      assert.match(text, /^expired node w7, kubelet: expired 2 days ago/m, name);
    }
  });

  it("is used by the keyboard alone, which shows where it is", async () => {
    await opened("light");
    const expected = await page.ask(stops);
    assert.ok(expected.length > 15);
    for (const on of expected) {
      await page.press("Tab");
      assert.deepEqual(await page.ask(focus), { on, isSeen: true });
    }
    await page.press("Tab", true);
    assert.equal((await page.ask(focus)).on, expected.at(-2), "and back");
  });

  it("leads by Enter to what needs attention, and from there to the line", async () => {
    await opened("light");
    await page.press("Tab");
    await page.press("Enter");
    assert.equal(await page.ask(() => location.hash), "#attention");
    await page.press("Tab");
    await page.press("Enter");
    const line = await page.ask(() => {
      const row = document.querySelector("tr:target");
      const { top, bottom } = row?.getBoundingClientRect() ?? { top: -1, bottom: -1 };
      return {
        status: row?.querySelector("td.status")?.textContent,
        isOnScreen: top >= 0 && bottom <= innerHeight,
        outline: row === null ? "" : getComputedStyle(row).outlineStyle,
      };
    });
    assert.deepEqual(line, { status: "expired", isOnScreen: true, outline: "solid" });
  });

  it("opens by Enter and closes by Space what explains the words", async () => {
    await opened("light");
    await page.run('document.querySelector("summary").focus()');
    const isOpen = () => page.ask(() => document.querySelector("details")?.open);
    for (const [key, expected] of [
      ["Enter", true],
      [" ", false],
    ] as const) {
      await page.press(key);
      assert.equal(await isOpen(), expected);
    }
  });

  it("moves a table by an arrow key where it is wider than the screen, and keeps the names in sight", async () => {
    await opened("phone");
    await page.run('document.querySelector("[tabindex]").focus()');
    await page.press("ArrowRight");
    const moved = await page.ask(async () => {
      const table = document.querySelector(".table")!;
      for (let tries = 0; table.scrollLeft === 0 && tries < 50; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const by = table.scrollLeft;
      table.scrollLeft = table.scrollWidth;
      return { by, nameAt: table.querySelector("tbody th")?.getBoundingClientRect().left };
    });
    assert.ok(moved.by > 0);
    assert.ok(moved.nameAt !== undefined && moved.nameAt >= 0, String(moved.nameAt));
  });

  it("is printed on a few sheets", async () => {
    await opened("light");
    const paper = await page.printed();
    assert.equal(paper.subarray(0, 5).toString(), "%PDF-");
    const sheets = paper.toString("latin1").split(/\/Type \/Page\b/).length - 1;
    assert.ok(sheets >= 3 && sheets <= 8, String(sheets));
  });

  // mocha runs a suite's own tests before those of the suites in it
  describe("after all of that", () => {
    it("has asked for nothing but itself, and has complained of nothing", () => {
      const addresses = new Set(page.requests.map((url) => url.replace(/#.*/, "")));
      assert.deepEqual([...addresses], [pathToFileURL(file).href]);
      assert.deepEqual(page.complaints, []);
    });
  });
});

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string }[];
}
