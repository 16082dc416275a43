/** docs/monitoring/textfile.sh, with a `kube-pki` that answers as it is told. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Harness } from "../cli/harness";

const SCRIPT = join(__dirname, "..", "..", "docs", "monitoring", "textfile.sh");

describe("textfile collector", function () {
  this.timeout(20_000);
  const harness = new Harness();
  const folder = join(harness.folder, "textfile");
  const target = join(folder, "kube-pki.prom");
  before(() => {
    mkdirSync(folder);
  });
  after(() => {
    harness.remove();
  });

  const ran = (code: number, text: string) => {
    writeFileSync(join(harness.folder, "metrics"), text);
    const fake = join(harness.folder, "kube-pki");
    writeFileSync(
      fake,
      `#!/bin/sh\nls -A "${folder}" >"${harness.folder}/seen"\necho "$@" >"${harness.folder}/arguments"\ncat "${harness.folder}/metrics"\nexit ${String(code)}\n`,
    );
    chmodSync(fake, 0o755);
    return harness.spawn("sh", [SCRIPT, "/srv/clusters", folder, "--nodes"]);
  };

  it("puts a whole file there, that others may read", async () => {
    assert.equal((await ran(0, "a 1\n")).code, 0);
    assert.equal(readFileSync(target, "utf8"), "a 1\n");
    assert.equal(statSync(target).mode & 0o777, 0o644);
    assert.equal(
      readFileSync(join(harness.folder, "arguments"), "utf8"),
      "status --cwd /srv/clusters --all --output prometheus --nodes\n",
    );
    assert.deepEqual(readdirSync(folder), ["kube-pki.prom"], "nothing is left beside it");
    // while it was written, nothing that the collector would read
    assert.match(readFileSync(join(harness.folder, "seen"), "utf8"), /^\.kube-pki\.\w+\n$/);
  });

  it("also where something needs attention", async () => {
    assert.equal((await ran(1, "a 2\n")).code, 0);
    assert.equal(readFileSync(target, "utf8"), "a 2\n");
  });

  it("keeps the old one where a stack could not be read", async () => {
    const { code, stderr } = await ran(2, "");
    assert.deepEqual([code, stderr], [2, `kube-pki status failed (2); ${target} stays as it was\n`]);
    assert.equal(readFileSync(target, "utf8"), "a 2\n");
    assert.deepEqual(readdirSync(folder), ["kube-pki.prom"]);
    assert.ok(existsSync(target));
  });
});
