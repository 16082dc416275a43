import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { local, remote, types } from "@pulumi/command";
import { secret, type CustomResourceOptions, type Input } from "@pulumi/pulumi";
import { SshServer } from "../../lab/plugins/sshServer";
import { errorsOf as errors, isSecret, isUnknown, TestStack } from "../../lab/plugins/testStack";

type Arguments = Omit<remote.CommandArgs, "connection"> & { connection?: Input<types.input.remote.ConnectionArgs> };

describe("command plugin", function () {
  this.timeout(120_000);
  let server: SshServer;
  let stack: TestStack;
  /** A program with one command named `it`. */
  const one = (args: Arguments, options?: CustomResourceOptions) => () => {
    const command = new remote.Command(
      "it",
      { connection: server.connection, addPreviousOutputInEnv: false, ...args },
      options,
    );
    return { stdout: command.stdout, stderr: command.stderr };
  };

  beforeEach(async () => {
    // one after another: what the first has begun is ended also where the second fails
    server = await SshServer.start();
    stack = await TestStack.create();
  });
  afterEach(async () => {
    await server.stop();
    stack.remove();
  });

  it("runs create with stdin and environment, and gives out its output less one line end", async () => {
    server.answer = () => ({ stdout: "one\n\n", stderr: "warned\n" });
    const run = await stack.up(one({ create: "make it", stdin: "payload", environment: { LEVEL: "3" } }));
    assert.deepEqual(run.steps["it"], ["create"]);
    assert.deepEqual(server.executed, [{ command: "make it", stdin: "payload", environment: { LEVEL: "3" } }]);
    assert.equal(await stack.output("stdout"), "one\n");
    assert.equal(await stack.output("stderr"), "warned");
    assert.match((await stack.stored("it"))?.id ?? "", /^it[0-9a-f]{8}$/);
  });

  it("opens no connection in a preview, and shows outputs to come as unknown", async () => {
    const { planned } = await stack.preview(one({ create: "make it" }));
    assert.equal(server.connections, 0);
    await stack.up(one({ create: "make it" }));
    const before = server.connections;
    const changed = await stack.preview(one({ create: "make it otherwise" }));
    assert.deepEqual(changed.steps["it"], ["update"]);
    assert.equal(server.connections, before);
    for (const outputs of [planned["it"], changed.planned["it"]]) {
      assert.ok(isUnknown(outputs?.["stdout"]) && isUnknown(outputs?.["stderr"]), JSON.stringify(outputs));
    }
  });

  it("does nothing when nothing changed", async () => {
    await stack.up(one({ create: "make it" }));
    const again = await stack.up(one({ create: "make it" }));
    assert.deepEqual(again.steps["it"], ["same"]);
    assert.deepEqual(server.commands, ["make it"]);
  });

  it("updates in place by create when there is no update, whatever input changed", async () => {
    const changes: Arguments[] = [
      { create: "make", stdin: "a" },
      { create: "make", stdin: "b" },
      { create: "make", stdin: "b", environment: { A: "1" } },
      { create: "make", stdin: "b", environment: { A: "1" }, delete: "unmake" },
      { create: "make", stdin: "b", environment: { A: "1" }, delete: "unmake", logging: "none" },
      { create: "make", connection: { ...server.connection, dialErrorLimit: 3 } },
    ];
    for (const [i, args] of changes.entries()) {
      const run = await stack.up(one(args));
      assert.deepEqual(run.steps["it"], [i === 0 ? "create" : "update"], JSON.stringify(args));
    }
    assert.deepEqual(
      server.commands,
      changes.map(() => "make"),
    );
  });

  it("updates by the update command when there is one", async () => {
    await stack.up(one({ create: "make", update: "remake", stdin: "a" }));
    const run = await stack.up(one({ create: "make", update: "remake", stdin: "b" }));
    assert.deepEqual(run.steps["it"], ["update"]);
    assert.deepEqual(server.commands, ["make", "remake"]);
    assert.equal(server.executed[1]?.stdin, "b");
  });

  it("replaces on changed triggers: create first, then the old delete", async () => {
    const args = { create: "make", update: "remake", delete: "unmake" };
    await stack.up(one({ ...args, triggers: ["a"] }));
    const run = await stack.up(one({ ...args, delete: "unmake newly", triggers: ["b"] }));
    assert.deepEqual(run.steps["it"], ["create-replacement", "replace", "delete-replaced"]);
    assert.deepEqual(run.replaces["it"], ["triggers[0]"]);
    assert.deepEqual(server.commands, ["make", "make", "unmake"]);
  });

  it("is replaced by a changed replacementTrigger, and not by an equal one or a first one", async () => {
    const steps = [];
    for (const replacementTrigger of [undefined, "1", "1", "2"]) {
      const options = replacementTrigger === undefined ? {} : { replacementTrigger };
      steps.push((await stack.up(one({ create: "make" }, options))).steps["it"]?.[0]);
    }
    assert.deepEqual(steps, ["create", "same", "same", "create-replacement"]);
  });

  it("leaves a failed create out of the state, with command and output in the error", async () => {
    server.answer = () => ({ stdout: "half", stderr: "then this", code: 3 });
    const run = await stack.up(one({ create: 'sh -c "x"' }));
    assert.ok(run.failed);
    assert.match(errors(run), /Process exited with status 3: running "sh -c \\"x\\"":\n(halfthen this|then thishalf)/);
    assert.equal(await stack.stored("it"), undefined);
    server.answer = () => ({});
    assert.deepEqual((await stack.up(one({ create: "retry" }))).steps["it"], ["create"]);
  });

  it("keeps the old inputs when an update fails, and tries it again", async () => {
    await stack.up(one({ create: "make", stdin: "old" }));
    server.answer = () => ({ code: 1 });
    assert.ok((await stack.up(one({ create: "make", stdin: "new" }))).failed);
    assert.equal((await stack.stored("it"))?.inputs?.["stdin"], "old");
    server.answer = () => ({});
    assert.deepEqual((await stack.up(one({ create: "make", stdin: "new" }))).steps["it"], ["update"]);
    assert.equal((await stack.stored("it"))?.inputs?.["stdin"], "new");
  });

  it("keeps the resource when its delete fails, and dials nobody where there is no delete", async () => {
    await stack.up(one({ create: "make", delete: "unmake" }));
    server.answer = () => ({ code: 1 });
    assert.ok((await stack.destroy()).failed);
    assert.notEqual(await stack.stored("it"), undefined);
    server.answer = () => ({});
    await stack.up(one({ create: "make" }));
    const before = server.connections;
    assert.equal((await stack.destroy()).failed, false);
    assert.equal(server.connections, before);
  });

  it("names the signal that ended a command", async () => {
    server.answer = () => ({ signal: "KILL" });
    assert.match(errors(await stack.up(one({ create: "make" }))), /Process exited with status 137 from signal KILL/);
  });

  it("encrypts connection, secret stdin and secret environment, but not the output", async () => {
    server.answer = ({ stdin }) => ({ stdout: `heard ${stdin}` });
    await stack.up(one({ create: "cat", stdin: secret("hush"), environment: { A: secret("b"), C: "d" } }));
    const stored = await stack.stored("it");
    for (const bag of [stored?.inputs, stored?.outputs]) {
      assert.ok(isSecret(bag?.["connection"]), "connection");
      assert.ok(isSecret(bag?.["stdin"]), "stdin");
      assert.ok(
        isSecret((bag?.["environment"] as Record<string, unknown>)["A"] ?? bag?.["environment"]),
        "environment",
      );
    }
    assert.equal(stored?.outputs?.["stdout"], "heard hush");
    await stack.up(one({ create: "cat again", stdin: secret("hush") }, { additionalSecretOutputs: ["stdout"] }));
    assert.ok(isSecret((await stack.stored("it"))?.outputs?.["stdout"]), "additionalSecretOutputs");
  });

  it("shows output line by line while it runs, as far as logging says", async () => {
    server.answer = () => ({ stdout: "out 1\nout 2\n", stderr: "err 1\nerr 2\n" });
    const shown = async (logging: Arguments["logging"]): Promise<string[]> => {
      const run = await stack.up(one({ create: "make", ...(logging && { logging }) }));
      return run.messages.filter((m) => m.transient && /^(out|err) \d$/.test(m.text)).map((m) => m.text);
    };
    assert.deepEqual((await shown(undefined)).sort(), ["err 1", "err 2", "out 1", "out 2"]);
    assert.deepEqual(await shown("stdout"), ["out 1", "out 2"]);
    assert.deepEqual(await shown("stderr"), ["err 1", "err 2"]);
    assert.deepEqual(await shown("none"), []);
  });

  it("refuses to run where the server does not accept the environment", async () => {
    server.acceptsEnvironment = false;
    const run = await stack.up(one({ create: "make", environment: { LEVEL: "3" } }));
    assert.match(errors(run), /Unable to set 'LEVEL'[\s\S]*AcceptEnv/);
    assert.deepEqual(server.commands, []);
  });

  it("hands the previous output to the next run, and only warns where the server refuses it", async () => {
    server.answer = () => ({ stdout: "before" });
    const args = (stdin: string): Arguments => ({ create: "make", stdin, addPreviousOutputInEnv: true });
    await stack.up(one(args("1")));
    await stack.up(one(args("2")));
    assert.deepEqual(
      server.executed.map((e) => e.environment),
      [{}, { PULUMI_COMMAND_STDOUT: "before" }],
    );
    server.acceptsEnvironment = false;
    const run = await stack.up(one(args("3")));
    assert.equal(run.failed, false);
    assert.match(
      run.messages
        .filter((m) => m.severity === "warning")
        .map((m) => m.text)
        .join(),
      /PULUMI_COMMAND_STDOUT/,
    );
  });

  it("dials again after a failed dial", async () => {
    server.refuse = 2;
    const run = await stack.up(one({ create: "make" }));
    assert.equal(run.failed, false);
    assert.equal(server.connections, 3);
    assert.ok(run.messages.some((m) => m.text.includes("Dial 2/10 failed: retrying")));
  });

  it("gives up after dialErrorLimit, also on a wrong host key and a wrong login", async () => {
    const other = await SshServer.start();
    await other.stop();
    const cases = {
      "connection refused": { ...server.connection, port: 1 },
      "host key mismatch": { ...server.connection, hostKey: other.hostKey },
      "unable to authenticate": { ...server.connection, privateKey: other.clientKey },
    };
    for (const [reason, connection] of Object.entries(cases)) {
      const run = await stack.up(one({ create: "make", connection: { ...connection, dialErrorLimit: 1 } }));
      assert.match(errors(run), new RegExp(`after 1 failed attempts: .*${reason}`));
    }
    assert.deepEqual(server.commands, []);
  });

  it("logs in by password", async () => {
    const { host, port, user, hostKey } = server.connection;
    await stack.up(one({ create: "make", connection: { host, port, user, hostKey, password: server.password } }));
    assert.deepEqual(server.commands, ["make"]);
  });

  it("dials anew for each command", async () => {
    const many = () => {
      for (let i = 0; i < 40; i += 1) {
        new remote.Command(`c${String(i)}`, { connection: server.connection, create: `make ${String(i)}` });
      }
    };
    server.answer = () => ({ afterMs: 50 });
    assert.equal((await stack.up(many)).failed, false);
    assert.equal(server.connections, 40);
    assert.equal(new Set(server.commands).size, 40);
    assert.ok(server.widest >= 4, `${String(server.widest)} at one time`);
  });

  it("carries a megabyte each way", async () => {
    const large = "0123456789abcde\n".repeat(65_536);
    server.answer = ({ stdin }) => ({ stdout: stdin });
    await stack.up(one({ create: "cat", stdin: large, logging: "none" }));
    const digest = (text: unknown): string => createHash("sha256").update(String(text)).digest("hex");
    assert.equal(digest(server.executed[0]?.stdin), digest(large));
    assert.equal(digest((await stack.stored("it"))?.outputs?.["stdout"]), digest(large.slice(0, -1)));
  });

  it("shows the failure of a command that printed a lot", async () => {
    server.answer = () => ({ stderr: "first words\n" + "noise\n".repeat(200_000) + "last words", code: 1 });
    const run = await stack.up(one({ create: "make", logging: "none" }));
    assert.match(errors(run), /Process exited with status 1: running "make":\nfirst words[\s\S]*last words/);
  });

  it("asks for a connection with a host", async () => {
    const run = await stack.up(one({ create: "make", connection: {} as { host: string } }));
    assert.match(errors(run), /host/);
    assert.equal(server.connections, 0);
  });

  describe("on the machine that runs pulumi", () => {
    const one =
      (code: string, { trigger = "a", interpreter = ["node", "-p"] } = {}) =>
      () => {
        const options = { replacementTrigger: trigger, ignoreChanges: ["create", "interpreter"] };
        return { stdout: new local.Command("it", { interpreter, create: code }, options).stdout };
      };

    it("runs create once, by its interpreter, and anew when triggered", async () => {
      const { planned } = await stack.preview(one("process.pid"));
      assert.ok(isUnknown(planned["it"]?.["stdout"]));
      assert.deepEqual((await stack.up(one("process.pid"))).steps["it"], ["create"]);
      const first = await stack.output("stdout");
      assert.match(String(first), /^\d+$/);
      const other = one("'another version of this program'", { interpreter: ["sh"] });
      assert.deepEqual((await stack.up(other)).steps["it"], ["same"]);
      assert.equal(await stack.output("stdout"), first);
      await stack.up(one("process.pid", { trigger: "b" }));
      assert.notEqual(await stack.output("stdout"), first);
    });

    it("fails with what the command printed", async () => {
      const run = await stack.up(one("echo no; exit 3", { interpreter: ["/bin/sh", "-c"] }));
      assert.equal(run.failed, true);
      assert.match(errors(run), /exit status 3: running "echo no; exit 3":\s+no/);
    });
  });
});
