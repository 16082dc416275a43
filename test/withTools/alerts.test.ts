/** docs/monitoring/alerts.yaml and the metrics of `kube-pki status`, by Prometheus' own promtool. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { statusMetrics } from "../../core/report/forms/prometheus";
import { ensure } from "../../tools/toolchain";
import { REPORT } from "../core/report/rows";

const FOLDER = join(__dirname, "..", "..", "docs", "monitoring");

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}
const { groups } = parse(readFileSync(join(FOLDER, "alerts.yaml"), "utf8")) as Rules;
const rules = groups.flatMap((group) => group.rules);

describe("alert rules", function () {
  this.timeout(3_600_000); // promtool is built first
  let promtool: string;
  before(async () => {
    ({ promtool } = await ensure(["promtool"], () => undefined));
  });

  /** @throws where it ends with another code than 0 */
  const said = (args: readonly string[], input = ""): string =>
    execFileSync(promtool, args, { cwd: FOLDER, input, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] });

  it("are rules", () => {
    assert.match(said(["check", "rules", "--lint-fatal", "alerts.yaml"]), /SUCCESS: 6 rules found/);
  });

  it("fire when they have to, and not before", () => {
    assert.match(said(["test", "rules", "alerts.test.yaml"]), /SUCCESS/);
    const tests = readFileSync(join(FOLDER, "alerts.test.yaml"), "utf8");
    for (const { alert } of rules) {
      const times = tests.split(`alertname: ${alert}`).length - 1;
      assert.ok(times >= 2, `${alert} is seen to fire, and not to`);
    }
  });

  it("ask for metrics that are written", () => {
    const text = statusMetrics(REPORT);
    for (const { expr } of rules)
      for (const [name] of expr.matchAll(/\b(?:x509|kube_pki)_\w+/g))
        assert.ok(text.includes(`\n${name}{`) || text.startsWith(`# HELP ${name} `), name);
  });

  it("read metrics that are metrics", () => {
    assert.equal(said(["check", "metrics"], statusMetrics(REPORT)), "");
  });
});
