import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { StandInCluster } from "./standInCluster";

/** The repository's program, and another one that loses a call after it has asked for everything. */
const PROGRAM = `import { terminateRpcs } from "@pulumi/pulumi/runtime/settings";
import { ClusterPki, stackFile } from "./components";
const { name, args } = stackFile();
new ClusterPki(name, args);
if (process.env["LOSES_CALL"] !== undefined) setTimeout(terminateRpcs, 0);
`;

describe("a program that the SDK ends while the engine waits for it", function () {
  this.timeout(200_000);
  let cluster: StandInCluster;
  before(async () => {
    cluster = await StandInCluster.start(["cp1"]);
    rmSync(join(cluster.folder, "index.ts"));
    writeFileSync(join(cluster.folder, "index.ts"), PROGRAM);
  });
  after(() => cluster.stop());

  const up = (more: NodeJS.ProcessEnv = {}, ...args: readonly string[]) =>
    cluster.run(["pulumi", "up", "--yes", "--skip-preview", "--non-interactive", ...args], undefined, {
      PULUMI_NODEJS_TRANSPILE_ONLY: "true", // types are checked elsewhere
      ...more,
    });

  it("fails, and nothing is deleted", async () => {
    assert.equal((await up()).code, 0);
    const state = cluster.stateText;
    const { code, stdout, stderr } = await up({ LOSES_CALL: "yes" });
    assert.notEqual(code, 0);
    assert.match(stdout, /lost a call to the engine and asked for nothing more: nothing was deleted; run again/);
    assert.doesNotMatch(stdout + stderr, /unprotect|deleted \(/);
    const urns = (text: string): string[] => text.match(/"urn": ?"[^"]+"/g) ?? [];
    assert.deepEqual(urns(cluster.stateText), urns(state));
    assert.equal((await up({}, "--expect-no-changes")).code, 0);
  });

  it("says nothing of that where the engine has failed", async () => {
    cluster.answer = () => ({ code: 1, stderr: "cp1: no\n" });
    cluster.configure({ certificates: { validity: "10d" } });
    const { code, stdout, stderr } = await up();
    assert.notEqual(code, 0);
    assert.match(stdout, /cp1: no/);
    assert.doesNotMatch(stdout + stderr, /lost a call/);
  });
});
