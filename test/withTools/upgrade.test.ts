/** Whoever upgrades kube-pki keeps all certificates: states of earlier releases, previewed by this version. */
import assert from "node:assert/strict";
import { version as packageVersion } from "../../cli/usage/version";
import { errorsOf, TestStack, type Run } from "../lab/plugins/testStack";
import { program, releases, type Release } from "../releases/release";

/** What an upgrade from a release may do beside nothing, by logical name: each a line of the change log. */
const ALLOWED: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  // the node script is sent again
  "0.1.0": { update: /^prod-\w+-install$/ },
};

const unexpected = ({ steps }: Run, version: string): string[] =>
  Object.entries(steps).flatMap(([name, ops]) =>
    ops.flatMap((op) => (op === "same" || ALLOWED[version]?.[op]?.test(name) === true ? [] : [`${op} ${name}`])),
  );

describe("an upgrade from", function () {
  this.timeout(300_000);
  let stack: TestStack;
  beforeEach(async () => {
    stack = await TestStack.create();
  });
  afterEach(() => {
    stack.remove();
  });

  const previewed = async (release: Release, args = release.args): Promise<Run> => {
    await stack.import(release.deployment);
    const run = await stack.preview(program({ ...release, args }));
    assert.equal(run.failed, false, errorsOf(run));
    return run;
  };

  for (const release of releases()) {
    const { version, name, args } = release;
    it(`${version} (${name}) replaces nothing`, async () => {
      const run = await previewed(release);
      assert.ok(Object.keys(run.steps).length > 30, "the preview has seen little");
      assert.deepEqual(unexpected(run, version), []);
    });

    it(`${version} (${name}) would be seen to replace something`, async () => {
      const cluster = { ...args.cluster, endpoint: "elsewhere.example.com:6443" } as typeof args.cluster;
      assert.notDeepEqual(unexpected(await previewed(release, { ...args, cluster }), version), []);
    });
  }

  it("each release is tested, this one too", () => {
    const mine = packageVersion();
    assert.ok(
      releases().some(({ version }) => version === mine),
      `npm run release-states keeps the states of ${mine}`,
    );
  });
});
