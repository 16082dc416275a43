import assert from "node:assert/strict";
import { SaxesParser } from "saxes";
import { statusJunit } from "../../../../core/report/forms/junit";
import { statusReport } from "../../../../core/report/stackStatus";
import { leaf, NOW, REPORT } from "../rows";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** @throws where it is no XML */
const elementsOf = (xml: string): Element[] => {
  const found: Element[] = [];
  const parser = new SaxesParser();
  parser.on("error", (error) => {
    throw error;
  });
  parser.on("opentag", ({ name, attributes }) => {
    found.push({ name, attributes: { ...attributes } });
  });
  parser.write(xml).close();
  return found;
};

describe("status for JUnit", () => {
  const elements = elementsOf(statusJunit(REPORT));
  const of = (name: string) => elements.filter((each) => each.name === name).map(({ attributes }) => attributes);

  it("has a case for each certificate and CA", () => {
    assert.deepEqual(of("testsuite"), [
      { name: "prod", tests: "10", failures: "4", errors: "0", skipped: "0", timestamp: "2026-06-01T00:00:00" },
    ]);
    assert.deepEqual(of("testsuites"), [{ name: "kube-pki", tests: "10", failures: "4" }]);
    assert.equal(of("testcase").length, 10);
    assert.deepEqual(of("testcase")[1], { classname: "prod.ca", name: "etcd generation 2" });
    assert.deepEqual(of("testcase").at(-2), { classname: "prod.w2", name: 'own.<b>&"x"' });
  });

  it("fails what needs attention, and says why", () => {
    assert.deepEqual(
      of("failure").map(({ type }) => type),
      ["overdue", "expiring", "expired", "drift"],
    );
    assert.match(of("failure")[2]?.["message"] ?? "", /^it has expired; not after 2026-05-20/);
  });

  it("fails a node that could not be asked", () => {
    const facts = { authorities: [], certificates: [{ ...leaf(), onNode: "unreachable" as const }], nodeRemarks: [] };
    const [failure] = elementsOf(statusJunit(statusReport([facts], NOW, 0))).filter(({ name }) => name === "failure");
    assert.equal(failure?.attributes["type"], "unreachable");
  });
});
