import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyUrns } from "../../cli/taintApply";
import { Cluster, type Set } from "../node/cluster";
import { authority, leaf, serialOf } from "../node/pki";
import { Harness } from "./harness";
import { identityIn, SshNode } from "./sshNode";

const URN = "urn:pulumi:prod::kube-pki::kube-pki:index:ClusterPki";
const state = (...commands: readonly string[]) => ({
  deployment: {
    resources: [
      { type: "kube-pki:index:ClusterPki", urn: `${URN}::prod` },
      ...commands.map((name) => ({
        type: "command:remote:Command",
        urn: `${URN}$kube-pki:index:NodePki$command:remote:Command::${name}`,
      })),
    ],
  },
});

describe("the apply of a node in a state", () => {
  it("is known by its whole name", () => {
    const found = applyUrns(state("prod-n1-apply", "prod-a-n1-apply", "prod-n1-request", "other-n1-apply"), "n1");
    assert.deepEqual(
      found.map((urn) => urn.split("::").at(-1)),
      ["prod-n1-apply"],
    );
  });

  it("is none where there is none", () => {
    assert.deepEqual(applyUrns(state(), "n1"), []);
    assert.deepEqual(applyUrns("no state", "n1"), []);
  });
});

/** A real node script behind a real ssh. */
describe("kube-pki restore", function () {
  this.timeout(120_000);
  let harness: Harness;
  let node: Cluster;
  let ssh: SshNode;

  beforeEach(async () => {
    harness = new Harness();
    node = await Cluster.make("dash");
    ssh = await SshNode.start(([verb = ""], stdin) => node.run(verb, stdin));
  });
  afterEach(() => {
    ssh.stop();
    node.remove();
    harness.remove();
  });

  /** A stack with this node; what is tainted is noted. */
  const stack = (taintCode = 0): void => {
    writeFileSync(join(harness.folder, "outputs"), ssh.outputs());
    writeFileSync(join(harness.folder, "state"), JSON.stringify(state("prod-n1-apply")));
    harness.pulumiRuns(
      'case "$1 $2" in',
      '"stack output") cat "$here/outputs" ;;',
      '"stack export") cat "$here/state" ;;',
      `"state taint") echo "$*" >"$here/tainted"; exit ${String(taintCode)} ;;`,
      "esac",
    );
  };
  const run = (...args: string[]) => harness.run(["restore", ...args, "--identity", identityIn(harness.folder)]);
  const apply = async (set: Set): Promise<void> => {
    const { code, stderr } = await node.run("apply", node.payload(set));
    assert.equal(code, 0, stderr);
  };
  const twice = async (): Promise<readonly [Set, Set]> => {
    const sets = [node.set(), node.set()] as const;
    for (const set of sets) await apply(set);
    return sets;
  };

  it("puts the set back as it was before the last change, proves it, and has the next up run the apply again", async () => {
    stack();
    const [first] = await twice();
    const { code, stdout, stderr } = await run("n1", "--stack", "prod");
    assert.equal(code, 0, stderr);
    assert.ok(node.holds(first));
    assert.match(stdout, new RegExp(`^proof web served web ${serialOf(first.web.cert)} `, "m"));
    assert.match(stderr, /^n1: 4 files as they were before \d{4}-\S+Z \(\d{8}T\d{6}Z-[0-9a-f]{8}\)$/m);
    assert.match(stderr, /^n1: store restarted in /m);
    assert.match(stderr, /n1: the next `pulumi up` puts the stack's set there again/);
    const tainted = readFileSync(join(harness.folder, "tainted"), "utf8");
    assert.match(tainted, /^state taint --yes urn:\S+::prod-n1-apply --non-interactive --stack prod\n$/);
  });

  it("says what to run where the stack cannot be told, and exits 1", async () => {
    stack(255);
    await twice();
    const { code, stderr } = await run("n1");
    assert.equal(code, 1);
    assert.match(stderr, /pulumi up --replace '\*\*-n1-apply'$/m);
  });

  it("lists what there is, and touches nothing", async () => {
    stack();
    const [, second] = await twice();
    const { code, stdout } = await run("n1", "--list");
    assert.equal(code, 0);
    assert.deepEqual(
      stdout.split("\n").map((line) => line.split(/ {2,}/).slice(1)),
      [
        ["BEFORE", "CERTIFICATES", "CA", "FIRST TO END", "STATE"],
        ...["new certificates, the first", "new certificates"].map((before) => [
          before,
          "web store",
          /CN=(.*)$/.exec(new X509Certificate(node.ca.cert).subject)?.[1] ?? "",
          new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10),
          "good",
        ]),
        [],
      ],
    );
    assert.ok(node.holds(second));
    assert.deepEqual(ssh.commands, ["sh /var/lib/kube-pki/node.sh backups"]);
    const { stdout: json } = await run("n1", "--json");
    const [, { before, putsBack, troubles } = {}] = JSON.parse(json) as Record<string, unknown>[];
    assert.deepEqual([before, (putsBack as string[]).length, troubles], ["apply", 4, []]);
  });

  it("refuses a set whose certificates have ended or whose CA is gone, unless nothing is to be proven", async () => {
    stack();
    const gone = { ...node.set(), web: leaf(authority(), "web"), store: leaf(node.ca, "store", { days: 0 }) };
    node.lay(gone);
    const second = node.set();
    await apply(second);
    const { code, stderr } = await run("n1");
    assert.equal(code, 2);
    assert.match(
      stderr,
      /n1: certificates in it have ended \(store\), and the CA of web in it is not trusted on the node any more: nothing was touched; .*--unproven/,
    );
    assert.ok(node.holds(second));
    const forced = await run("n1", "--unproven");
    assert.equal(forced.code, 0, forced.stderr);
    assert.ok(node.holds(gone));
    assert.match(forced.stderr, /n1: no service has read these files yet: restart what reads them/);
  });

  it("works without the stack", async () => {
    const [first] = await twice();
    const config = join(harness.folder, "config");
    writeFileSync(
      config,
      `Host *\n  StrictHostKeyChecking no\n  UserKnownHostsFile ${join(harness.folder, "known")}\n`,
    );
    writeFileSync(join(harness.folder, "known"), `[127.0.0.1]:${String(ssh.port)} ${ssh.publicKey}\n`);
    const { code, stderr } = await run(`root@127.0.0.1:${String(ssh.port)}`, "-F", config);
    assert.equal(code, 1, stderr);
    assert.ok(node.holds(first));
    assert.match(stderr, /pulumi up --replace '\*\*-<node>-apply'/);
  });

  const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["no node", [], /^kube-pki: restore takes a node and at most one date; see --help$/m],
    ["another node", ["n2"], /^kube-pki: node "n2"; must be one of n1, or user@host$/m],
    ["a day after the last change", ["n1", "2999-01-01"], /no change was made at 2999-01-01 or later/],
    ["what is no date", ["n1", "soon"], /no change was made at soon or later/],
  ];
  it("says what is wrong", async () => {
    stack();
    await apply(node.set());
    for (const [what, args, sentence] of refusals) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2, what);
      assert.match(stderr, sentence, what);
    }
  });

  it("says that the machine is another one", async () => {
    stack();
    await apply(node.set());
    const other = node.read("/var/lib/kube-pki/plan").replace("node n1", "node n9");
    node.write("/var/lib/kube-pki/plan", other, 0o600);
    assert.match((await run("n1")).stderr, /n1: the machine that answers there is n9; correct its address/);
  });
});
