import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from "node:crypto";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { utils } from "ssh2";
import { Ssh, type Connection } from "../../cli/ssh/connection";
import { readableKey } from "../../cli/ssh/privateKey";
import { freePort } from "../freePort";
import { SshServer } from "../lab/plugins/sshServer";

describe("an ssh connection to a node", () => {
  let server: SshServer;
  let connection: Connection;

  beforeEach(async () => {
    server = await SshServer.start();
    connection = { ...server.connection, dialErrorLimit: 3, perDialTimeout: 5 };
  });
  afterEach(() => server.stop());

  const open = async (changes: Partial<Connection> = {}): Promise<Ssh> => Ssh.open({ ...connection, ...changes });

  it("runs commands, one after another, with stdin and what they print", async () => {
    server.answer = ({ stdin }) => ({ stdout: stdin.toUpperCase(), stderr: "why\n", code: stdin === "a" ? 0 : 3 });
    const ssh = await open();
    assert.deepEqual(await ssh.run("sh x", "a"), { code: 0, stdout: "A", stderr: "why\n" });
    assert.deepEqual(await ssh.run("sh y", "b"), { code: 3, stdout: "B", stderr: "why\n" });
    ssh.close();
    assert.deepEqual([server.commands, server.connections], [["sh x", "sh y"], 1]);
  });

  it("has no exit code of a command that a signal ended", async () => {
    server.answer = () => ({ signal: "KILL" });
    const ssh = await open();
    assert.equal((await ssh.run("sh x", "")).code, null);
    ssh.close();
  });

  it("dials again where it is hung up on", async () => {
    server.refuse = 2;
    (await open()).close();
    assert.equal(server.connections, 3);
  });

  it("says in time that a machine takes connections and nobody answers them", async () => {
    const taken: Socket[] = [];
    const silent = createServer((socket) => taken.push(socket.on("error", () => undefined)));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const { port } = silent.address() as AddressInfo;
    await assert.rejects(open({ port, perDialTimeout: 0.2 }), {
      message: `ssh to 127.0.0.1:${String(port)}: Timed out while waiting for handshake`,
    });
    assert.equal(taken.length, 3);
    for (const socket of taken) socket.destroy();
    await new Promise((resolve) => setTimeout(resolve, 100)); // an error that nobody listens to ends the program
    silent.close();
  });

  const other = () => SshServer.start();

  it("takes no other host key, and does not try again", async () => {
    const another = await other();
    await assert.rejects(open({ hostKey: another.hostKey }), {
      message:
        /^ssh to 127\.0\.0\.1:\d+: its host key is not the one in the stack file: compare ssh\.hostKey with the key on the host$/,
    });
    await another.stop();
    assert.equal(server.connections, 1);
  });

  it("tries a login that is refused once: whoever counts such failures locks people out", async () => {
    const another = await other();
    await assert.rejects(open({ privateKey: another.clientKey }), {
      message: /^ssh to 127\.0\.0\.1:\d+: it refused the login: check ssh\.user and ssh\.privateKey or the agent$/,
    });
    await another.stop();
    assert.equal(server.connections, 1);
  });

  it("says where nobody listens", async () => {
    const port = await freePort();
    await assert.rejects(open({ port }), {
      message: new RegExp(`^ssh to 127\\.0\\.0\\.1:${String(port)}: .*ECONNREFUSED`),
    });
  });
});

describe("private keys for ssh", () => {
  const KEYS: Readonly<Record<string, () => KeyObject>> = {
    RSA: () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
    ECDSA: () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
    Ed25519: () => generateKeyPairSync("ed25519").privateKey,
  };
  for (const [name, make] of Object.entries(KEYS))
    it(`are read as the provider reads them: PKCS#8, ${name}`, () => {
      const pkcs8 = make().export({ type: "pkcs8", format: "pem" }).toString();
      const parsed = utils.parseKey(readableKey(pkcs8));
      assert.ok(!(parsed instanceof Error), "ssh2 does not read it");
      // the same key: what one signs the other verifies
      const publicKey = createPublicKey(createPrivateKey(pkcs8));
      const hash = name === "Ed25519" ? null : "sha256";
      const text = Buffer.from("text");
      const signature = sign(hash, text, createPrivateKey(parsed.getPrivatePEM()));
      assert.ok(verify(hash, text, publicKey, signature));
    });

  it("are left as they are in the forms that ssh2 reads", async () => {
    const server = await SshServer.start();
    assert.equal(readableKey(server.clientKey), server.clientKey);
    await server.stop();
  });
});
