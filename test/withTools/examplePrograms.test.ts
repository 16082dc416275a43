/** The program of examples/machines, on the real engine: what it makes are stand-ins for nodes, known when it has made them. */
import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { answerRequest } from "../components/mocks";
import { makeProject } from "../e2e/project";
import { EXAMPLES } from "../examples/stackFiles";
import { pluginEnv } from "../lab/plugins/env";
import { SshServer } from "../lab/plugins/sshServer";
import { must, run, type Result } from "../lab/process";

const MACHINES = ["cp1", "w1"];
/** Any port of one address is another machine; here any address of one port is, as an ssh port is no output. */
const hostOf = (index: number): string => `127.0.0.${String(11 + index)}`;

describe("the example machines", function () {
  this.timeout(600_000);
  let folder: string;
  let servers: SshServer[];
  let env: NodeJS.ProcessEnv;
  const pulumi = (...args: readonly string[]): Promise<Result> =>
    run(["pulumi", ...args, "--non-interactive"], { env, cwd: folder, timeoutMs: 300_000 });
  const succeeds = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await pulumi(...args);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  const connections = (): number => servers.reduce((sum, server) => sum + server.connections, 0);

  before(async () => {
    const first = await SshServer.start(undefined, hostOf(0));
    servers = [first, await SshServer.start(first.clientKey, hostOf(1), first.port)];
    for (const server of servers)
      server.answer = async ({ command, stdin }) =>
        command.endsWith(" request") ? { stdout: await answerRequest(stdin) } : { stdout: "done 01234567 changed\n" };
    folder = mkdtempSync(join(tmpdir(), "kube-pki-machines-"));
    makeProject(folder);
    const program = join(folder, "index.ts");
    rmSync(program); // a link
    const text = readFileSync(join(EXAMPLES, "machines", "index.ts"), "utf8");
    writeFileSync(program, text.replace('"kube-pki"', '"./components"')); // this checkout, and not a built package
    env = {
      ...process.env,
      ...(await pluginEnv()),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_STACK: "prod",
      SSH_AUTH_SOCK: "",
    };
    const make = join(folder, "make.sh");
    const answers = MACHINES.map((name, index) => {
      const machine = {
        address: `10.0.0.${String(11 + index)}`,
        publicAddress: hostOf(index),
        hostKey: servers[index]?.hostKey,
      };
      return `${name}) echo '${JSON.stringify(machine)}' ;;`;
    });
    writeFileSync(
      make,
      ["#!/bin/sh", `touch "${folder}/made-$NAME"`, "case $NAME in", ...answers, "esac", ""].join("\n"),
    );
    chmodSync(make, 0o755);
    await succeeds("stack", "init", "prod");
    await succeeds("config", "set", "make", make);
    await succeeds("config", "set", "port", String(first.port));
    await must(["pulumi", "config", "set", "--secret", "login"], { env, cwd: folder, stdin: first.clientKey });
  });
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("is previewed before any machine is there", async () => {
    const stdout = await succeeds("preview");
    assert.match(stdout, /prod-w1-apply create/);
    assert.deepEqual(
      stdout.split("\n").filter((line) => /warning: (?!using pulumi-)|error/.test(line)),
      [],
    );
    assert.deepEqual(
      MACHINES.map((name) => existsSync(join(folder, `made-${name}`))),
      [false, false],
    );
    assert.equal(connections(), 0);
  });

  it("makes machines and gives them their PKI by one run, and has nothing to do then", async () => {
    await succeeds("up", "--yes", "--skip-preview");
    const outputs = JSON.parse(await succeeds("stack", "output", "--json", "--show-secrets")) as {
      readonly nodes: readonly { readonly name: string; readonly host: string }[];
      readonly certificates: readonly { readonly node: string; readonly certificate: string }[];
    };
    assert.deepEqual(
      outputs.nodes.map(({ name, host }) => [name, host]),
      MACHINES.map((name, index) => [name, hostOf(index)]),
    );
    assert.deepEqual([...new Set(outputs.certificates.map(({ node }) => node))].sort(), ["-", ...MACHINES]);
    for (const server of servers) assert.ok(server.commands.some((command) => command.endsWith(" apply")));
    await succeeds("up", "--yes", "--skip-preview", "--expect-no-changes");
  });
});
