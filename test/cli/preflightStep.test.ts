import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { planCluster } from "../../core/plan";
import { comparedConfig, preflightNode } from "../../core/preflight/job";
import { DAYS } from "../../core/maintenanceWindow";
import { configWith, NOW } from "../core/fixture";
import { SshServer } from "../lab/plugins/sshServer";

const PROGRAM = join(__dirname, "../../cli/kube-pki");
const CONFIG = configWith();
const PLAN = planCluster(CONFIG, NOW);

describe("the step that compares nodes with the stack file", function () {
  this.timeout(120_000); // it starts programs, on a busy machine
  let servers: readonly SshServer[];
  let connections: readonly SshServer["connection"][];
  beforeEach(async () => {
    servers = await Promise.all(PLAN.nodes.map(() => SshServer.start()));
    connections = servers.map(({ connection }) => connection);
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop().catch(() => undefined))); // some have ended already
  });

  /** @param changed nodes for which something else is due than the last run has noted */
  const run = async (notes: string, changed: readonly string[] = [], rollout = CONFIG.rollout) => {
    const nodes = PLAN.nodes.map((plan) => {
      const node = preflightNode(PLAN, plan, CONFIG);
      return { ...node, due: changed.includes(node.name) ? "other" : node.due };
    });
    const reached = PLAN.nodes.map(({ node }, index) => [
      node.name,
      { ...connections[index], dialErrorLimit: 1, perDialTimeout: 5 },
    ]);
    const child = spawn(process.execPath, [PROGRAM, "preflight-step"], {
      env: { ...process.env, PULUMI_COMMAND_STDOUT: notes, PULUMI_COMMAND_STDERR: "" },
    });
    child.stdin.end(
      JSON.stringify({
        compared: { config: comparedConfig({ ...CONFIG, rollout }), nodes },
        connections: Object.fromEntries(reached) as object,
      }),
    );
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    return { stdout, stderr, code };
  };
  const surveyed = () => PLAN.nodes.filter((_, index) => servers[index]?.surveys === 1).map(({ node }) => node.name);

  it("visits each node once, and then those alone for which something is due", async () => {
    const first = await run("");
    assert.deepEqual([first.stderr, first.code], ["", 0]);
    assert.equal(surveyed().length, PLAN.nodes.length);
    assert.equal((await run(first.stdout)).stdout, first.stdout);
    assert.equal(surveyed().length, PLAN.nodes.length, "a node was visited for nothing");
    const other = await run(first.stdout, ["w2"]);
    assert.equal(other.code, 0);
    assert.deepEqual(
      PLAN.nodes.filter((_, index) => servers[index]?.surveys === 2).map(({ node }) => node.name),
      ["w2"],
    );
  });

  it("refuses what is due while the maintenance window is closed, and visits nobody", async () => {
    const hour = (more: number): string => new Date(Date.now() + more * 3_600_000).toISOString().slice(11, 16);
    const window = { days: [...DAYS], from: hour(2), to: hour(3), timeZone: "UTC" };
    const closed = await run("", [], { ...CONFIG.rollout, window });
    assert.deepEqual([closed.stdout, closed.code], ["", 2]);
    assert.match(closed.stderr, /^kube-pki: rollout\.window: it is closed now, .*; nothing was touched\n$/);
    const open = await run("", [], { ...CONFIG.rollout, window: { ...window, from: hour(-1), to: hour(1) } });
    assert.deepEqual([open.stderr, open.code], ["", 0]);
    const noted = await run(open.stdout, [], { ...CONFIG.rollout, window });
    assert.deepEqual([noted.stderr, noted.code], ["", 0]);
    assert.equal(surveyed().length, PLAN.nodes.length, "each once, in the run that was allowed");
  });

  it("names every node that it does not reach, and notes nothing", async () => {
    for (const index of [0, 3]) await servers[index]?.stop();
    const { stdout, stderr, code } = await run("");
    assert.deepEqual([stdout, code], ["", 2]);
    const [heading, ...lines] = stderr.trim().split("\n");
    assert.equal(heading, "kube-pki: the nodes are not as the stack file says, and nothing was touched:");
    assert.equal(lines.length, 2, stderr);
    for (const [index, line] of [
      [0, lines[0]],
      [3, lines[1]],
    ] as const)
      assert.match(
        line ?? "",
        new RegExp(`^  ${PLAN.nodes[index]?.node.name ?? ""}: ssh to 127\\.0\\.0\\.1:\\d+: .*; nodes\\[\\]\\.ssh`),
      );
  });
});
