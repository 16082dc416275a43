/** Drift on the real engine: a node in a folder, whose own script is run by an SSH server of this test. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { ClusterPki, type ClusterPkiArgs } from "../../components";
import { FolderNode } from "../node/folderNode";
import { give, NOBODY, rights } from "../node/rights";
import { leaf } from "../node/pki";
import { SshServer } from "../lab/plugins/sshServer";
import { errorsOf, TestStack, type Run } from "../lab/plugins/testStack";

const PKI = "/etc/kubernetes/pki";
const CERTIFICATE = `${PKI}/apiserver.crt`;
const KEY = `${PKI}/apiserver.key`;
const CA = `${PKI}/ca.crt`;
const LINK = "/var/lib/kubelet/pki/kubelet-client-current.pem";

describe("drift", function () {
  this.timeout(600_000);
  let node: FolderNode;
  let server: SshServer;
  let stack: TestStack;

  let extraSans: readonly string[] = [];
  let window: NonNullable<ClusterPkiArgs["rollout"]>["window"];
  /** Milliseconds. */
  let later = 0;
  const program = (detectDrift: boolean | undefined) => {
    const given = node.args(server);
    const args: ClusterPkiArgs = {
      ...given,
      cluster: { ...given.cluster, extraSans },
      inCluster: { enabled: false },
      ...(detectDrift === undefined ? {} : { rollout: { detectDrift, window } }),
      now: new Date(Date.now() + later),
    };
    return () => ({ certificates: new ClusterPki("prod", args).certificates });
  };
  const steps = ({ steps: all }: Run): string[] =>
    Object.entries(all)
      .filter(([, ops]) => ops.some((op) => op !== "same"))
      .map(([name, ops]) => `${ops.join(",")} ${name}`);
  const told = ({ messages }: Run): string[] =>
    messages
      .filter(({ severity, text }) => severity === "warning" && !text.includes("using pulumi-resource-"))
      .map(({ text }) => text.replace(/^warning: /, "").trim());
  const ca = () => ({ cert: node.read(CA), key: node.read(`${PKI}/ca.key`) });
  const preview = async (detectDrift: boolean | undefined) => {
    const run = await stack.preview(program(detectDrift));
    assert.equal(run.failed, false, errorsOf(run));
    return { steps: steps(run), told: told(run) };
  };
  const up = async (detectDrift: boolean | undefined) => {
    const run = await stack.up(program(detectDrift));
    assert.equal(run.failed, false, errorsOf(run));
    return { steps: steps(run), told: told(run) };
  };
  const QUIET = { steps: [], told: [] };
  const ONE = ["update prod-cp1-apply"];
  const visits = async <T>(run: () => Promise<T>): Promise<readonly [T, number, number]> => {
    const [connections, surveys] = [server.connections, server.surveys];
    const result = await run();
    return [result, server.connections - connections, server.surveys - surveys];
  };

  before(async () => {
    node = new FolderNode("dash");
    node.write("/proc/uptime", "4711.0 1.0\n");
    server = await SshServer.start();
    server.runs = (command) => node.begin(command);
    stack = await TestStack.create();
    const run = await stack.up(program(undefined));
    assert.equal(run.failed, false, errorsOf(run));
    assert.ok(node.has(CERTIFICATE));
  });
  after(async () => {
    stack.remove();
    await server.stop();
    node.remove();
  });

  it("is looked for by one visit where the stack file asks for it, and by none else", async () => {
    assert.deepEqual(await visits(() => preview(undefined)), [QUIET, 0, 0]);
    assert.deepEqual(await visits(() => preview(true)), [QUIET, 1, 1]);
    // the setting by itself is no change
    assert.deepEqual(await visits(() => up(true)), [QUIET, 1, 1]);
    assert.deepEqual(await visits(() => up(undefined)), [QUIET, 0, 0]);
  });

  it("is told, brought back by the step of that node, and is no change of the next run with or without the setting", async () => {
    const [certificate, key] = [node.read(CERTIFICATE), node.read(KEY)];
    const had = [CERTIFICATE, KEY, CA].map((path) => rights(node, path));
    const renewed = leaf(ca(), "kube-apiserver", { names: "DNS:kubernetes", usages: "serverAuth" });
    node.write(CERTIFICATE, renewed.cert);
    node.write(KEY, renewed.key, 0o600);
    give(node, KEY, NOBODY, NOBODY, 0o640);
    fs.chmodSync(node.path(CA), 0o600);
    fs.rmSync(node.path(LINK));
    fs.symlinkSync("elsewhere.pem", node.path(LINK));

    const seen = await preview(true);
    assert.deepEqual(seen.steps, ONE);
    const wanted = [
      new RegExp(`^cp1: drift: ${CERTIFICATE}, ${KEY}: apiserver was renewed by another tool, .*serial`),
      new RegExp(`^cp1: drift: ${CA}: mode 0600, and it was left with 0644$`),
      new RegExp(`^cp1: drift: ${KEY}: mode 0640, and it was left with 0600$`),
      new RegExp(`^cp1: drift: ${KEY}: it belongs to \\S+, and was left to root:root$`),
      new RegExp(`^cp1: drift: ${LINK}: the link leads to elsewhere\\.pem, and led to kubelet-client-kube-pki\\.pem$`),
    ];
    for (const pattern of wanted)
      assert.equal(seen.told.filter((text) => pattern.test(text)).length, 1, seen.told.join("\n"));
    assert.equal(seen.told.length, wanted.length, seen.told.join("\n"));
    assert.deepEqual(await visits(() => preview(undefined)), [QUIET, 0, 0]);

    const done = await up(true);
    assert.deepEqual(done.steps, ONE);
    assert.deepEqual([...done.told].sort(), [...seen.told].sort());
    assert.deepEqual([node.read(CERTIFICATE), node.read(KEY)], [certificate, key]);
    assert.deepEqual(
      [CERTIFICATE, KEY, CA].map((path) => rights(node, path)),
      had,
    );
    assert.equal(fs.readlinkSync(node.path(LINK)), "kubelet-client-kube-pki.pem");

    for (const setting of [true, undefined, false, true]) assert.deepEqual(await up(setting), QUIET);
  });

  it("is brought back once more where it comes again", async () => {
    for (let time = 0; time < 2; time++) {
      fs.chmodSync(node.path(CA), 0o600);
      assert.deepEqual((await up(true)).steps, ONE);
      assert.equal(rights(node, CA), "0:0 644");
      assert.deepEqual(await up(true), QUIET);
    }
  });

  it("is told and left while the maintenance window is closed, and shown by a preview", async () => {
    const hour = (more: number): string => new Date(Date.now() + more * 3_600_000).toISOString().slice(11, 16);
    fs.chmodSync(node.path(CA), 0o600);
    try {
      window = { from: hour(2), to: hour(3) };
      assert.ok((await preview(true)).steps.includes("update prod-cp1-apply"));
      const left = await up(true);
      assert.deepEqual(
        left.steps.filter((text) => text.includes("apply")),
        [],
      );
      assert.match(
        left.told.join("\n"),
        /mode 0600, and it was left with 0644\n.*nothing is brought back: rollout\.window: it is closed now/,
      );
      assert.equal(rights(node, CA), "0:0 600");
    } finally {
      window = undefined;
    }
    assert.ok((await up(true)).steps.includes("update prod-cp1-apply"));
    assert.equal(rights(node, CA), "0:0 644");
  });

  it("tells before a run what it would be refused for", async () => {
    const [certificate, key] = [node.read(CERTIFICATE), node.read(KEY)];
    const other = leaf(ca(), "kube-apiserver", { names: "DNS:kubernetes,DNS:old.example.com", usages: "serverAuth" });
    node.write(CERTIFICATE, other.cert);
    node.write(KEY, other.key, 0o600);
    const seen = await preview(true);
    assert.deepEqual(
      seen.told.filter((text) => text.startsWith("a step would be refused")),
      [
        "a step would be refused: cp1: apiserver would lose DNS:old.example.com; cluster.extraSans: [old.example.com], or " +
          'certificates.profiles.apiserver.allowLoss: ["DNS:old.example.com"]',
      ],
      seen.told.join("\n"),
    );
    const refused = await stack.up(program(true));
    assert.equal(refused.failed, true);
    assert.match(errorsOf(refused), /apiserver would lose DNS:old\.example\.com/);
    assert.equal(node.read(CERTIFICATE), other.cert);
    node.write(CERTIFICATE, certificate);
    node.write(KEY, key, 0o600);
    assert.deepEqual(await up(true), QUIET);
  });

  it("is a node that was set back to an earlier state, note and all", async () => {
    const saved = `${node.root}.saved`;
    const folders = ["etc/kubernetes", "var/lib/kubelet", "var/lib/kube-pki"];
    const copy = (from: string, to: string) => {
      for (const folder of folders) {
        fs.rmSync(join(to, folder), { recursive: true, force: true });
        execFileSync("cp", ["-a", "--", join(from, folder), join(to, dirname(folder))]);
      }
    };
    for (const folder of folders) fs.mkdirSync(join(saved, dirname(folder)), { recursive: true });
    try {
      copy(node.root, saved);
      extraSans = ["new.example.com"];
      assert.ok((await up(true)).steps.includes("update prod-cp1-apply"));
      const certificate = node.read(CERTIFICATE);
      assert.deepEqual(await up(true), QUIET);
      const keys = node.path("/var/lib/kube-pki/keys");
      execFileSync("cp", ["-a", "--", keys, join(saved, "keys")]);
      copy(saved, node.root);
      assert.notEqual(node.read(CERTIFICATE), certificate);
      later = 120_000; // a run is told by the clock from the one that has issued it
      const seen = await preview(true);
      assert.deepEqual(seen.steps, ONE);
      assert.deepEqual(seen.told, [
        "cp1: drift: apiserver: not the certificate that the stack has issued; an earlier run did not reach this node, or it was set back to an earlier state",
      ]);
      const stuck = await stack.up(program(true));
      assert.match(errorsOf(stuck), /the key of leaf apiserver .* is not on this node: .* run pulumi up --replace/);
      execFileSync("cp", ["-a", "--", `${join(saved, "keys")}/.`, keys]);
      assert.deepEqual(await up(true), seen);
      assert.equal(node.read(CERTIFICATE), certificate);
      assert.deepEqual(await up(true), QUIET);
    } finally {
      fs.rmSync(saved, { recursive: true, force: true });
    }
  });

  it("of a node that is not reached is told in one sentence, and stops neither preview nor run", async () => {
    const child = server.runs;
    server.refuse = 20;
    const seen = await stack.preview(program(true));
    server.refuse = 0;
    server.runs = child;
    assert.equal(seen.failed, false, errorsOf(seen));
    const lines = told(seen);
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(
      lines[0] ?? "",
      /^cp1: drift: ssh to 127\.0\.0\.1:\d+: .*; whether it was changed behind the stack's back is not known$/,
    );
  });
});
