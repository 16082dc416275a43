import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CONNECTION_VARIABLE } from "../../core/nodes/connection";
import { INSTALL_COMMAND, NODE_SCRIPT_SHA256, nodeScriptGzip } from "../../node/script";
import { SshServer } from "../lab/plugins/sshServer";

const PROGRAM = join(__dirname, "../../cli/kube-pki");

describe("the step that installs the node script", function () {
  this.timeout(30_000);
  let server: SshServer;

  beforeEach(async () => {
    server = await SshServer.start();
  });
  afterEach(() => server.stop());

  const run = async (job: object) => {
    const connection = { ...server.connection, dialErrorLimit: 1, perDialTimeout: 5 };
    const child = spawn(process.execPath, [PROGRAM, "install-step"], {
      env: { ...process.env, [CONNECTION_VARIABLE]: JSON.stringify(connection) },
    });
    child.stdin.end(JSON.stringify(job));
    const [stdout, stderr, code] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      new Promise((resolve) => child.once("close", resolve)),
    ]);
    return { stdout, stderr, code };
  };

  it("sends the script itself, and tells what the node says", async () => {
    server.answer = () => ({ stdout: "installed 0123\n", stderr: "cp1: a unit is laid\n" });
    assert.deepEqual(await run({ script: NODE_SCRIPT_SHA256, sudo: false }), {
      stdout: "installed 0123\n",
      stderr: "cp1: a unit is laid\n",
      code: 0,
    });
    assert.deepEqual(
      server.executed.map(({ command, stdin }) => [command, stdin]),
      [[INSTALL_COMMAND, nodeScriptGzip()]],
    );
  });

  it("asks sudo where the login is not root's", async () => {
    await run({ script: NODE_SCRIPT_SHA256, sudo: true });
    assert.deepEqual(server.commands, [`sudo -n ${INSTALL_COMMAND}`]);
  });

  it("fails with the node's reason", async () => {
    server.answer = () => ({ stderr: "a warning\ninstall: there is no room for it\n", code: 1 });
    const { stderr, code } = await run({ script: NODE_SCRIPT_SHA256, sudo: false });
    assert.deepEqual([stderr, code], ["kube-pki: install: there is no room for it\n", 2]);
  });

  it("sends no other script than the one that was planned", async () => {
    const { stderr, code } = await run({ script: "0".repeat(64), sudo: false });
    assert.deepEqual(
      [stderr, code],
      ["kube-pki: kube-pki's files were changed while `pulumi up` ran: run `pulumi up` again\n", 2],
    );
    assert.deepEqual(server.commands, []);
  });
});
