import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { SshServer, type Reply } from "../lab/plugins/sshServer";

const PROGRAM = join(__dirname, "../../cli/kube-pki");
const NAMES = ["cp1", "cp2"];

describe("the step that asks whether a cluster is dead", function () {
  this.timeout(120_000); // it starts programs, on a busy machine
  let servers: readonly SshServer[];
  let connections: readonly SshServer["connection"][];
  beforeEach(async () => {
    servers = await Promise.all(NAMES.map(() => SshServer.start()));
    connections = servers.map(({ connection }) => connection);
  });
  afterEach(async () => {
    await Promise.all(servers.map((server) => server.stop().catch(() => undefined))); // some have ended already
  });

  const run = async (replies: readonly Reply[], sudo = false) => {
    servers.forEach((server, index) => {
      server.answer = () => replies[index] ?? {};
    });
    const nodes = connections.map((connection, index) => ({
      name: NAMES[index],
      payload: `payload of ${NAMES[index] ?? ""}`,
      connection: { ...connection, dialErrorLimit: 1, perDialTimeout: 5 },
    }));
    const child = spawn(process.execPath, [PROGRAM, "alive-step"]);
    child.stdin.end(JSON.stringify({ sudo, nodes }));
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    return { stdout, stderr, code };
  };

  const ENDED = "ended etcd-server 2026-01-01T00:00:00Z\napi 10.0.0.1:6443 no\ndone\n";
  const LIVES = "api 10.0.0.1:6443 yes\ndone\n";

  it("asks each node once, by its own payload, and succeeds where something has ended", async () => {
    const { stdout, stderr, code } = await run([{ stdout: ENDED }, { stdout: LIVES }], true);
    assert.deepEqual([stdout, stderr, code], [`${ENDED}${LIVES}`, "", 0]);
    for (const [index, { executed }] of servers.entries())
      assert.deepEqual(
        executed.map(({ command, stdin }) => [command, stdin]),
        [["sudo -n sh /var/lib/kube-pki/node.sh alive", `payload of ${NAMES[index] ?? ""}`]],
      );
  });

  it("refuses a cluster that lives, and answers nothing that a state would keep", async () => {
    const { stdout, stderr, code } = await run([{ stdout: LIVES }, { stdout: LIVES }]);
    assert.deepEqual([stdout, code], ["", 2]);
    assert.match(stderr, /^kube-pki: rollout\.strategy: recover: 10\.0\.0\.1:6443 answers, .*: no node was touched\n$/);
  });

  it("says what a node said that could not answer, and which one is not reached", async () => {
    const failed = await run([{ stdout: ENDED }, { stderr: "cp2: the clock is wrong\n", code: 1 }]);
    assert.equal(failed.code, 2);
    assert.match(failed.stderr, /kube-pki: cp2: the clock is wrong\n$/);
    await servers[1]?.stop();
    const gone = await run([{ stdout: ENDED }]);
    assert.equal(gone.code, 2);
    assert.match(gone.stderr, /^kube-pki: ssh to 127\.0\.0\.1:\d+: /);
  });
});
