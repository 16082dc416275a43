import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Harness } from "./harness";

const ROW = {
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "CN=kubernetes",
  serial: "0a1b",
  notAfter: "2026-07-01T00:00:00Z",
  nextRenewal: "2026-06-20T00:00:00Z",
  keyLocation: "node",
  proof: "served",
};
const ROWS = [
  ROW,
  { ...ROW, certificate: "scheduler" },
  { ...ROW, node: "w1.lab", certificate: "kubelet" },
  { ...ROW, node: "-", certificate: "kubeconfig:alice", proof: "none" },
];

describe("kube-pki renew", function () {
  this.timeout(20_000);
  let harness: Harness;
  beforeEach(() => {
    harness = new Harness();
  });
  afterEach(() => {
    harness.remove();
  });

  /** A stack with these certificates; each call of pulumi is noted, and `up` ends with this code. */
  const holds = (config: Readonly<Record<string, unknown>> = { nodes: [] }, up = 0) => {
    const values = Object.entries(config).map(([key, value]) => [`kube-pki:${key}`, { value: JSON.stringify(value) }]);
    writeFileSync(join(harness.folder, "config"), JSON.stringify(Object.fromEntries(values)));
    writeFileSync(join(harness.folder, "outputs"), JSON.stringify({ certificates: ROWS, nodes: [] }));
    harness.pulumiRuns(
      'echo "$@" >>"$here/calls"',
      'case "$1 $2" in',
      '  "config set") ;;',
      '  config*) cat "$here/config" ;;',
      '  stack*) cat "$here/outputs" ;;',
      `  up*) exit ${String(up)} ;;`,
      "esac",
    );
  };
  /** What changes something. */
  const changes = (): string[] =>
    readFileSync(join(harness.folder, "calls"), "utf8")
      .split("\n")
      .filter((line) => /^(config set|up)/.test(line));

  it("writes the time into the stack file, then runs pulumi up with the options it is given", async () => {
    holds();
    const began = Math.floor(Date.now() / 1000);
    const { code, stderr } = await harness.run(["renew", "cp1", "apiserver", "--stack", "prod", "--yes"]);
    assert.equal(code, 0, stderr);
    const [set = "", up] = changes();
    const [, time = ""] =
      /^config set --path kube-pki:certificates\.renewAt\.cp1\.apiserver (\S+) --non-interactive --stack prod$/.exec(
        set,
      ) ?? [];
    assert.ok(Date.parse(time) / 1000 >= began && Date.parse(time) <= Date.now(), set);
    assert.match(up ?? "", /^up --yes --skip-preview --non-interactive --stack prod --event-log \S+$/);
    assert.match(
      stderr,
      new RegExp(`the stack file asks for cp1 apiserver \\(certificates\\.renewAt\\.cp1\\.apiserver: ${time}\\)`),
    );
  });

  it("writes names that are no words as pulumi reads them", async () => {
    holds();
    await harness.run(["renew", "w1.lab", "kubelet"]);
    await harness.run(["renew", "-", "kubeconfig:alice"]);
    assert.deepEqual(
      changes().flatMap((line) => /--path (\S+)/.exec(line)?.[1] ?? []),
      ['kube-pki:certificates.renewAt["w1.lab"].kubelet', 'kube-pki:certificates.renewAt["-"]["kubeconfig:alice"]'],
    );
  });

  it("asks for it as of the moment that the stack is planned for", async () => {
    holds({ nodes: [], asOf: "2027-01-01T00:00:00Z" });
    await harness.run(["renew", "cp1", "scheduler"]);
    assert.match(changes()[0] ?? "", /scheduler 2027-01-01T00:00:00Z /);
  });

  it("says how to go on, and how not to, where pulumi up fails or is declined", async () => {
    holds({ nodes: [] }, 1);
    const { code, stderr } = await harness.run(["renew", "cp1", "apiserver"]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      /it is still asked for: .*`pulumi config rm --path 'kube-pki:certificates\.renewAt\.cp1\.apiserver'`/,
    );
  });

  const REFUSED: Readonly<Record<string, readonly [args: readonly string[], sentence: string]>> = {
    "no name": [
      ["--yes"],
      "NODE CERTIFICATE: missing; must come first, such as `npx kube-pki renew cp1 apiserver --yes`",
    ],
    "a node alone": [
      ["cp1", "--yes"],
      "NODE CERTIFICATE: missing; must come first, such as `npx kube-pki renew cp1 apiserver --yes`",
    ],
    "a node that is not there": [["cp9", "apiserver"], "NODE: cp9; must be one of cp1, w1.lab, -"],
    "a certificate that is not there": [
      ["cp1", "kubelet"],
      "CERTIFICATE: kubelet; must be one of those on cp1: apiserver, scheduler",
    ],
  };
  for (const [what, [args, sentence]] of Object.entries(REFUSED))
    it(`refuses ${what}, and changes nothing`, async () => {
      holds();
      const { code, stdout, stderr } = await harness.run(["renew", ...args]);
      assert.deepEqual([code, stdout, stderr], [2, "", `kube-pki: ${sentence}\n`]);
      if (args.length > 1 && !args.includes("--yes")) assert.deepEqual(changes(), []);
    });

  it("refuses a stack whose program has its fields from elsewhere", async () => {
    holds({});
    const { code, stderr } = await harness.run(["renew", "cp1", "apiserver"]);
    assert.equal(code, 2);
    assert.match(stderr, /^kube-pki: the stack file has no kube-pki:nodes: .* certificates\.renewAt there too\n$/);
    assert.deepEqual(changes(), []);
  });
});
