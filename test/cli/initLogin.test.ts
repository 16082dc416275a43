import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loginAt } from "../../cli/init/login";
import { loginIn } from "../../core/init/login";
import { SshServer } from "../lab/plugins/sshServer";
import { must } from "../lab/process";

const SOCKET = "SSH_AUTH_SOCK";

describe("what a host lets `kube-pki init` in by", () => {
  let server: SshServer;
  let folder: string;
  const before = process.env[SOCKET];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "kube-pki-login-"));
    server = await SshServer.start();
    writeFileSync(join(folder, "my key"), server.clientKey, { mode: 0o600 });
    Reflect.deleteProperty(process.env, SOCKET);
  });
  afterEach(async () => {
    if (before === undefined) Reflect.deleteProperty(process.env, SOCKET);
    else process.env[SOCKET] = before;
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A configuration of ssh with these lines for every host. */
  const configured = (...lines: readonly string[]): string => {
    const config = join(folder, "config");
    writeFileSync(config, ["Host *", ...lines].map((line) => `${line}\n`).join(""));
    return config;
  };
  const host = () => ({ host: "127.0.0.1", port: server.port, user: "tester", hostKey: server.hostKey });
  const withAgent = async (use: () => Promise<void>): Promise<void> => {
    const socket = join(folder, "agent");
    const said = await must(["ssh-agent", "-s", "-a", socket]);
    const pid = /SSH_AGENT_PID=(\d+)/.exec(said)?.[1] ?? "";
    process.env[SOCKET] = socket;
    try {
      await must(["ssh-add", "-q", join(folder, "my key")], { env: process.env });
      await use();
    } finally {
      await must(["env", `SSH_AGENT_PID=${pid}`, "ssh-agent", "-k"], { env: process.env });
    }
  };

  it("is a key that was named", async () => {
    const file = join(folder, "my key");
    const choice = { identity: file, "ssh-config": configured() };
    assert.deepEqual(await loginAt(host(), choice), { by: "key", file, isNamed: true });
  });

  it("is a key of the user's own", async () => {
    const file = join(folder, "my key");
    const config = configured(`IdentityFile "${file}"`, "ControlMaster auto", `ControlPath ${folder}/shared`);
    assert.deepEqual(await loginAt(host(), { "ssh-config": config }), { by: "key", file, isNamed: false });
  });

  it("is the agent where that has the key, whatever names it", () =>
    withAgent(async () => {
      for (const choice of [{}, { identity: join(folder, "my key") }])
        assert.deepEqual(await loginAt(host(), { ...choice, "ssh-config": configured() }), { by: "agent" });
    }));

  it("cannot be told of a host that lets nobody in", async () => {
    assert.equal(await loginAt(host(), { "ssh-config": configured() }), undefined);
  });

  const SAID: Readonly<Record<string, readonly [string, ReturnType<typeof loginIn>]>> = {
    "is a token": [
      'debug1: Server accepts key: PIV AUTH ECDSA SHA256:abc token\nAuthenticated to x ([::1]:22) using "publickey".',
      { by: "other", what: "a key on a token" },
    ],
    "is a certificate": [
      'debug1: Server accepts key: /home/a/.ssh/id-cert.pub ED25519-CERT SHA256:abc explicit\nAuthenticated to x using "publickey".',
      { by: "other", what: "a certificate of ssh" },
    ],
    "is Kerberos": ['Authenticated to x ([::1]:22) using "gssapi-with-mic".', { by: "other", what: "gssapi-with-mic" }],
    "is the node's, and not the bastion's before it": [
      'debug1: Server accepts key: a@b ED25519 SHA256:abc agent\nAuthenticated to b using "publickey".\r\n' +
        'debug1: Server accepts key: /k ED25519 SHA256:abc\nAuthenticated to x using "publickey".\r\n',
      { by: "key", file: "/k", isNamed: false },
    ],
    "cannot be told of an old ssh": [
      "debug1: Server accepts key: pkalg ssh-rsa blen 279\nAuthenticated to x ([::1]:22).\n",
      undefined,
    ],
  };
  for (const [what, [debug, login]] of Object.entries(SAID))
    it(what, () => {
      assert.deepEqual(loginIn(debug, undefined), login);
    });
});
