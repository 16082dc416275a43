import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { parse } from "yaml";
import { PLACES, raiseVersion, versionOf, versionsAt } from "../../tools/raiseVersion";

const ROOT = join(__dirname, "..", "..");

interface Workflow {
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly name?: string; readonly run?: string }[] }>
  >;
}

describe("a release", () => {
  it("has one version, wherever one stands", () => {
    const version = versionOf(ROOT);
    for (const [file, found] of versionsAt(ROOT)) assert.equal(found, version, file);
  });

  describe("of another version", () => {
    let folder: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "kube-pki-release-"));
      for (const file of ["package.json", "CHANGELOG.md", ...PLACES.map(([name]) => name)]) {
        mkdirSync(dirname(join(folder, file)), { recursive: true });
        cpSync(join(ROOT, file), join(folder, file));
      }
      const manifest = join(folder, "package.json");
      writeFileSync(manifest, readFileSync(manifest, "utf8").replace(/"version": "[^"]+"/, '"version": "7.8.9"'));
    });
    afterEach(() => {
      rmSync(folder, { recursive: true, force: true });
    });

    it("is written to every place, and the change log begins anew", () => {
      raiseVersion(folder, "2030-01-02");
      assert.deepEqual([...new Set(versionsAt(folder).map(([, version]) => version))], ["7.8.9"]);
      const changes = readFileSync(join(folder, "CHANGELOG.md"), "utf8");
      assert.match(changes, /^# Changelog\n\n## Unreleased\n\n## 7\.8\.9 \(2030-01-02\)\n\n- /);
      assert.throws(() => {
        raiseVersion(folder, "2030-01-03");
      }, /CHANGELOG\.md: "## Unreleased" lists no change/);
    });

    it("is not raised where a place has gone", () => {
      writeFileSync(join(folder, "template", "package.json"), "{}");
      assert.throws(() => versionsAt(folder), /^Error: template\/package\.json: the version is not there any more/);
    });
  });

  /** Steps of the workflow that need no account, by name. */
  const step = (name: string): string => {
    const { jobs } = parse(readFileSync(join(ROOT, ".github", "workflows", "release.yaml"), "utf8")) as Workflow;
    return jobs["release"]?.steps.find((each) => each.name === name)?.run ?? assert.fail(name);
  };
  const shell = (text: string, cwd: string, env: Readonly<Record<string, string>> = {}): string =>
    execFileSync("bash", ["-euo", "pipefail", "-c", text], {
      cwd,
      env: { ...process.env, ...env },
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });

  it("begins only with a tag that is the version", () => {
    const check = step("the tag is the version");
    shell(check, ROOT, { GITHUB_REF_NAME: `v${versionOf(ROOT)}` });
    assert.throws(() => shell(check, ROOT, { GITHUB_REF_NAME: "v0.0.0" }));
  });

  it("lists what the package is made from, and no tool of its tests", function () {
    this.timeout(60_000);
    const folder = mkdtempSync(join(tmpdir(), "kube-pki-sbom-"));
    try {
      for (const name of ["package.json", "package-lock.json"]) cpSync(join(ROOT, name), join(folder, name));
      shell(step("what the package is made from"), folder, { npm_config_offline: "true" });
      const { bomFormat, components } = JSON.parse(readFileSync(join(folder, "sbom.cdx.json"), "utf8")) as {
        bomFormat: string;
        components: { name: string }[];
      };
      const names = components.map(({ name }) => name);
      const { dependencies } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
        dependencies: Record<string, string>;
      };
      assert.equal(bomFormat, "CycloneDX");
      for (const name of Object.keys(dependencies)) assert.ok(names.includes(name), name);
      assert.ok(!names.includes("mocha"), "mocha is no part of the package");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
