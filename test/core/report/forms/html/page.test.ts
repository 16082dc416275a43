/** The page as a browser reads it (parse5 follows the HTML standard), and as somebody does who sees no colours or no page. */
import assert from "node:assert/strict";
import { parse, type DefaultTreeAdapterMap, type ParserError } from "parse5";
import { STYLE } from "../../../../../core/report/forms/html/style";
import { statusPage } from "../../../../../core/report/forms/html/page";
import { statusReport } from "../../../../../core/report/stackStatus";
import { FACTS, leaf, NOW, REPORT } from "../../rows";

type Node = DefaultTreeAdapterMap["node"];
type Element = DefaultTreeAdapterMap["element"];

const isElement = (node: Node): node is Element => "tagName" in node;
const attribute = (element: Element, name: string): string | undefined =>
  element.attrs.find((each) => each.name === name)?.value;
const childrenOf = (node: Node): readonly Node[] => ("childNodes" in node ? node.childNodes : []);
const textOf = (node: Node): string => ("value" in node ? node.value : childrenOf(node).map(textOf).join(""));

const parsed = (html: string) => {
  const errors: ParserError[] = [];
  const document = parse(html, {
    onParseError: (error) => {
      errors.push(error);
    },
  });
  const all: Element[] = [];
  const walk = (node: Node): void => {
    if (isElement(node)) all.push(node);
    childrenOf(node).forEach(walk);
  };
  walk(document);
  const of = (...names: string[]) => all.filter(({ tagName }) => names.includes(tagName));
  return { errors, all, of };
};

/** WCAG 2.2, 1.4.3. */
const contrast = (one: string, other: string): number => {
  const luminance = (hex: string): number => {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, "$&$&") : hex;
    const [r = 0, g = 0, b = 0] = [1, 3, 5]
      .map((at) => parseInt(full.slice(at, at + 2), 16) / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
};

describe("status as a page", () => {
  const page = statusPage(REPORT);
  const { errors, all, of } = parsed(page);

  it("is HTML without an error", () => {
    assert.deepEqual(errors, []);
    const ids = all.flatMap((element) => attribute(element, "id") ?? []);
    assert.equal(new Set(ids).size, ids.length, "each id is there once");
  });

  it("needs no network and runs nothing", () => {
    assert.deepEqual(of("script", "link", "img", "iframe", "object", "form", "base"), []);
    assert.ok(!/url\(|@import/.test(STYLE));
    const addresses = all.flatMap((element) => [attribute(element, "href"), attribute(element, "src")]);
    for (const address of addresses) assert.match(address ?? "#", /^#/);
    assert.deepEqual(
      all.flatMap((element) => element.attrs.filter(({ name }) => name.startsWith("on"))),
      [],
    );
    assert.match(page, /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'/);
  });

  it("is told by its structure to those who do not see it", () => {
    assert.equal(attribute(of("html")[0]!, "lang"), "en");
    assert.equal(of("title").length, 1);
    assert.equal(of("main").length, 1);
    const levels = of("h1", "h2", "h3").map(({ tagName }) => Number(tagName[1]));
    assert.equal(levels.filter((level) => level === 1).length, 1);
    for (const [index, level] of levels.entries())
      assert.ok(level - (levels[index - 1] ?? 0) <= 1, "no level is left out");
    for (const table of of("table"))
      assert.ok(childrenOf(table).some((node) => isElement(node) && node.tagName === "caption"));
    for (const cell of of("th")) assert.ok(["col", "row"].includes(attribute(cell, "scope") ?? ""));
    const ids = new Set(all.flatMap((element) => attribute(element, "id") ?? []));
    for (const section of of("section")) assert.ok(ids.has(attribute(section, "aria-labelledby") ?? ""));
    for (const link of of("a")) assert.ok(ids.has((attribute(link, "href") ?? "").slice(1)), textOf(link));
    for (const line of all.filter((element) => attribute(element, "role") === "img"))
      assert.match(
        attribute(line, "aria-label") ?? "",
        /^(?:\d+ days? left|expired \d+ days? ago), (?:renewal|renewal was due|rotate before) \d{4}-\d\d-\d\d, valid .*to \d{4}-\d\d-\d\d$/,
      );
  });

  it("is used by the keyboard: what scrolls can be reached, and where one is can be seen", () => {
    const scrolls = all.filter((element) => attribute(element, "class") === "table");
    assert.equal(scrolls.length, of("table").length);
    for (const each of scrolls)
      assert.deepEqual([attribute(each, "tabindex"), attribute(each, "role")], ["0", "region"]);
    assert.match(STYLE, /:focus-visible \{ outline:/);
    assert.equal(attribute(of("a")[0]!, "class"), "skip");
  });

  it("has a line for each CA and certificate, and says its status in a word", () => {
    const rows = of("tr").filter((row) => attribute(row, "id") !== undefined);
    assert.deepEqual(
      rows.map((row) => textOf(childrenOf(row)[2]!)),
      [...REPORT.authorities, ...REPORT.certificates].map(({ status }) => status),
    );
    const titles = rows.map((row) => childrenOf(childrenOf(row)[0]!).map(textOf).join(" | "));
    assert.deepEqual(titles.slice(0, 4), [
      "kubernetes, generation 1 | phase done, signs; signed 6 of those below",
      "etcd, generation 2 | phase issue, signs; signed 1 of those below",
      "etcd, generation 1 | phase issue, trusted only; signed 0 of those below",
      "apiserver",
    ]);
    assert.ok(titles.includes('own.<b>&"x"'), "as it is, and no element");
    assert.deepEqual(of("h2").map(textOf), [
      "At a look",
      "Needs attention",
      "CAs",
      "node cp1",
      "node w1",
      "node w2",
      "on no node",
    ]);
  });

  it("names the stack of each table where there are several", () => {
    const { of: inside } = parsed(statusPage(statusReport([FACTS, { ...FACTS, stack: "canary" }], NOW, 0)));
    const heads = inside("h2").map(textOf);
    assert.deepEqual(heads.slice(2, 5), ["prod: CAs", "canary: CAs", "prod: node cp1"]);
    assert.match(
      textOf(inside("th").find((cell) => textOf(cell).startsWith("kubernetes"))!),
      /signed 6 of those below$/,
    );
  });

  it("draws each bar where its dates are, on one axis for all leaves", () => {
    const bars = [...page.matchAll(/<tr id="leaf-[^>]*>.*?class="bar([^"]*)" style="left:([\d.]+)%;width:([\d.]+)%"/g)];
    assert.equal(bars.length, REPORT.certificates.length);
    const [first, , , , ended, , unsure] = bars.map(([, sort = "", from, width]) => ({
      sort,
      from: Number(from),
      to: Number(from) + Number(width),
    }));
    assert.ok(first && ended && unsure);
    assert.ok(ended.to < first.to && ended.from === first.from);
    assert.deepEqual([unsure.sort, unsure.from], [" unsure", 0]);
    const now = Number(
      /class="now" style="left:([\d.]+)%"><\/span><\/div>/.exec(page.slice(page.indexOf('id="leaf-')))?.[1],
    );
    assert.ok(ended.to < now && now < first.to);
    for (const { from, to } of [first, ended, unsure]) assert.ok(from >= 0 && to <= 100);
  });

  it("begins with what needs attention, each a link to its line", () => {
    const { of: inside } = parsed(page.slice(page.indexOf('id="attention">')).split("</section>")[0] ?? "");
    assert.deepEqual(
      inside("li").map((item) => textOf(item).replace(/:.*/, "")),
      [
        "expired node w2, kubelet",
        'drift node w2, own.<b>&"x"',
        "expiring node w1, kubelet-server",
        "overdue node w1, kubelet",
        "prod",
      ],
      "the most urgent first",
    );
    assert.equal(inside("a").length, 4);
    const fine = statusPage(statusReport([{ ...FACTS, certificates: [leaf()], nodeRemarks: [] }], NOW, 0));
    assert.match(fine, /<p>Nothing needs attention\.<\/p>/);
  });

  it("is legible in both schemes", () => {
    const schemes = [...STYLE.matchAll(/:root \{([^}]*)\}/g)].map(
      ([, text = ""]) =>
        new Map([...text.matchAll(/--([a-z]+): (#[0-9a-f]+)/g)].map(([, name = "", value = ""]) => [name, value])),
    );
    assert.equal(schemes.length, 2);
    for (const scheme of schemes)
      for (const name of ["text", "quiet", "good", "warning", "bad", "now"])
        for (const ground of ["back", "row"])
          assert.ok(contrast(scheme.get(name) ?? "", scheme.get(ground) ?? "") >= 4.5, `${name} on ${ground}`);
  });

  it("is printed whole", () => {
    assert.match(STYLE, /@media print \{[^@]*\.table \{ overflow: visible; \}[^@]*print-color-adjust: exact/);
  });
});
