/** Secrets of a stack encrypted by Vault's transit engine, here a real OpenBao: with `hashivault://`, no passphrase is shared. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configureStack, KUBE_PKI, makeProject } from "../e2e/project";
import { OpenBao } from "../lab/openbao";
import { pluginEnv } from "../lab/plugins/env";
import { SshServer } from "../lab/plugins/sshServer";
import { run, type Result } from "../lab/process";
import { FolderNode } from "../node/folderNode";

/** As docs/pipelines.md has it. */
const POLICY = `
path "transit/encrypt/kube-pki" { capabilities = ["update"] }
path "transit/decrypt/kube-pki" { capabilities = ["update"] }
`;

describe("secrets of a stack in the transit engine", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-transit-"));
  const [first, second] = ["first", "second"].map((name) => join(folder, name)) as [string, string];
  let bao: OpenBao;
  let node: FolderNode;
  let server: SshServer;
  let env: NodeJS.ProcessEnv;

  const at = (cwd: string, argv: readonly string[], more: NodeJS.ProcessEnv = {}, stdin = ""): Promise<Result> =>
    run(argv, { cwd, env: { ...env, ...more }, stdin, timeoutMs: 300_000 });
  const fine = async (result: Promise<Result>): Promise<string> => {
    const { code, stdout, stderr } = await result;
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };

  before(async () => {
    bao = await OpenBao.start();
    await bao.must("POST", "sys/mounts/transit", { type: "transit" });
    await bao.must("POST", "transit/keys/kube-pki", {});
    node = new FolderNode("dash");
    node.write("/proc/uptime", "4711.0 1.0\n");
    server = await SshServer.start();
    server.runs = (command) => node.begin(command);
    env = {
      ...process.env,
      PULUMI_CONFIG_PASSPHRASE: undefined,
      ...(await pluginEnv()),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_STACK: "prod",
      SSH_AUTH_SOCK: "",
      VAULT_SERVER_URL: bao.address,
      VAULT_SERVER_TOKEN: await bao.token(POLICY),
      VAULT_CACERT: bao.caFile,
    };
    for (const each of [join(folder, "state"), first, second]) mkdirSync(each);
    makeProject(first);
    makeProject(second);
  });
  after(async () => {
    await server.stop();
    node.remove();
    await bao.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it("makes a stack and runs it, and what is secret is nowhere else", async () => {
    await fine(at(first, ["pulumi", "stack", "init", "prod", "--secrets-provider", "hashivault://kube-pki"]));
    const { ssh, ...args } = node.args(server);
    configureStack(first, "prod", { ...args, inCluster: { enabled: false } });
    await fine(at(first, ["pulumi", "config", "set", "--secret", "kube-pki:ssh"], {}, JSON.stringify(ssh)));
    await fine(at(first, [KUBE_PKI, "up", "--yes", "--skip-preview", "--non-interactive"]));
    assert.ok(node.has("/etc/kubernetes/pki/apiserver.crt"));
    const state = readFileSync(join(folder, "state", ".pulumi", "stacks", "kube-pki", "prod.json"), "utf8");
    assert.match(state, /"type": "cloud"|"type":"cloud"/);
    assert.doesNotMatch(state, /BEGIN (?:OPENSSH |EC |RSA )?PRIVATE KEY/);
  });

  it("is read by a second machine that has the stack file and a token, and nothing else", async () => {
    cpSync(join(first, "stacks", "Pulumi.prod.yaml"), join(second, "stacks", "Pulumi.prod.yaml"));
    await fine(at(second, ["pulumi", "preview", "--expect-no-changes"]));
    assert.match(await fine(at(second, [KUBE_PKI, "due"])), /^no certificate is due\n$/);
  });

  it("begins no new PKI where the backend is another one", async () => {
    const before = server.connections;
    const empty = join(folder, "empty");
    mkdirSync(empty);
    const argv = [KUBE_PKI, "up", "--stack", "prod", "--yes", "--skip-preview", "--non-interactive"];
    const { code, stderr } = await at(second, argv, { PULUMI_BACKEND_URL: `file://${empty}` });
    assert.equal(code, 2);
    assert.match(stderr, /no stack named 'prod' found/);
    assert.equal(server.connections, before);
  });

  const refusals: readonly [string, () => NodeJS.ProcessEnv, RegExp][] = [
    [
      "a token that may not decrypt",
      () => ({ VAULT_SERVER_TOKEN: "s.of-nobody" }),
      /^kube-pki: pulumi preview failed: [^\n]*transit\/decrypt\/kube-pki Code: 403\. Errors: \* permission denied\n$/,
    ],
    ["no token", () => ({ VAULT_SERVER_TOKEN: "", VAULT_TOKEN: "" }), /permission denied|missing client token/],
    ["a server that is away", () => ({ VAULT_SERVER_URL: "https://127.0.0.1:1" }), /connection refused/],
  ];
  for (const [what, more, sentence] of refusals)
    it(`says why nothing is read with ${what}, and touches no node`, async () => {
      const before = server.connections;
      const { code, stdout, stderr } = await at(second, [KUBE_PKI, "due"], { VAULT_MAX_RETRIES: "0", ...more() });
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, sentence);
      assert.equal(server.connections, before);
    });
});
