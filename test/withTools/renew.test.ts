/** `kube-pki renew` on the real engine: keys are made by the real node script, in a folder for each node. */
import assert from "node:assert/strict";
import { createPublicKey, X509Certificate } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configureStack, KUBE_PKI, makeProject } from "../e2e/project";
import { pluginEnv } from "../lab/plugins/env";
import { SshServer, type Executed, type Reply } from "../lab/plugins/sshServer";
import { must, run, type Result } from "../lab/process";
import { nodeScript } from "../node/nodeScript";

const NAMES = ["cp1", "w1"] as const;
type Name = (typeof NAMES)[number];

const LOGIN_CHANGES =
  "no certificate is due\n" +
  "the ssh login of cp1, w1 changes: each is visited once, and no certificate changes for it\n";

interface Exported {
  readonly deployment: {
    readonly resources: readonly { urn: string; delete?: boolean; outputs?: { certPem?: string } }[];
  };
}

describe("kube-pki renew, on the real engine", function () {
  this.timeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "kube-pki-renew-"));
  const servers = {} as Record<Name, SshServer>;
  const failing = new Set<Name>();
  let env: NodeJS.ProcessEnv;

  /** Keys and requests are made as on a node; what would swap files and restart services is only noted. */
  const answer = async (name: Name, { command, stdin }: Executed): Promise<Reply> => {
    const [, verb = ""] = /node\.sh (\S+)$/.exec(command) ?? [];
    if (verb === "apply") return failing.has(name) ? { stderr: `${name}: it is broken\n`, code: 1 } : {};
    if (verb !== "request") return {};
    const root = join(folder, name);
    return run(["sh", join(root, "var/lib/kube-pki/node.sh"), verb], {
      stdin,
      env: { ...process.env, KUBE_PKI_ROOT: root },
    });
  };

  const within = (argv: readonly string[], stdin = ""): Promise<Result> =>
    run(argv, { env, cwd: folder, stdin, timeoutMs: 300_000 });
  const pulumi = (...args: string[]): Promise<string> =>
    must(["pulumi", ...args, "--non-interactive"], { env, cwd: folder, timeoutMs: 300_000 });

  /** By name: serial and public key of each leaf of a node. */
  const leaves = async (): Promise<Record<string, { serial: string; key: string }>> => {
    const { deployment } = JSON.parse(await pulumi("stack", "export")) as Exported;
    return Object.fromEntries(
      deployment.resources.flatMap(({ urn, outputs, delete: goes = false }) => {
        const name = /LocallySignedCert::lab-((?:cp1|w1)-.*)$/.exec(urn)?.[1];
        // of a run that failed both are there
        if (name === undefined || outputs?.certPem === undefined || goes) return [];
        const { serialNumber, publicKey } = new X509Certificate(outputs.certPem);
        const key = createPublicKey(publicKey.export({ type: "spki", format: "pem" })).export({
          type: "spki",
          format: "der",
        });
        return [[name, { serial: serialNumber, key: key.toString("base64") }]];
      }),
    );
  };

  const differing = (
    before: Awaited<ReturnType<typeof leaves>>,
    after: typeof before,
    what: "serial" | "key",
  ): string[] => Object.keys(after).filter((name) => before[name]?.[what] !== after[name]?.[what]);

  const verbs = (name: Name): string[] =>
    servers[name].commands.flatMap((command) => /node\.sh (\S+)$/.exec(command)?.[1] ?? []);

  before(async () => {
    for (const name of NAMES) {
      servers[name] = await SshServer.start(
        (servers.cp1 as SshServer | undefined) === undefined ? undefined : servers.cp1.clientKey,
      );
      servers[name].answer = (executed) => answer(name, executed);
      const state = join(folder, name, "var/lib/kube-pki");
      mkdirSync(state, { recursive: true, mode: 0o755 });
      mkdirSync(join(folder, name, "etc"));
      writeFileSync(join(state, "node.sh"), nodeScript());
      chmodSync(state, 0o700);
    }
    makeProject(folder);
    env = {
      ...process.env,
      ...(await pluginEnv()),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_STACK: "lab",
      SSH_AUTH_SOCK: "",
    };
    await pulumi("stack", "init", "lab");
    const ssh = (name: Name) => ({
      host: "127.0.0.1",
      port: servers[name].port,
      user: "tester",
      hostKey: servers[name].hostKey,
    });
    configureStack(folder, "lab", {
      cluster: { name: "lab", kubernetesVersion: "1.36.3", endpoint: "api.example.com:6443" },
      nodes: [
        { name: "cp1", address: "10.0.0.11", roles: ["control-plane"], ssh: ssh("cp1") },
        { name: "w1", address: "10.0.0.21", ssh: ssh("w1") },
      ],
      inCluster: { enabled: false },
    });
    const login = JSON.stringify({ privateKey: servers.cp1.clientKey });
    await must(["pulumi", "config", "set", "--secret", "kube-pki:ssh"], { env, cwd: folder, stdin: login });
    await pulumi("up", "--yes", "--skip-preview");
  });
  after(async () => {
    await Promise.all(NAMES.map((name) => servers[name].stop()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("gives one certificate a new key and serial, and no other certificate or node notices", async () => {
    const before = await leaves();
    const asked = { cp1: verbs("cp1").length, w1: servers.w1.executed.length };
    assert.ok(Object.keys(before).length > 10);
    const { code, stdout, stderr } = await within([KUBE_PKI, "renew", "cp1", "scheduler", "--yes", "--skip-preview"]);
    assert.equal(code, 0, stdout + stderr);
    const after = await leaves();
    assert.deepEqual(differing(before, after, "serial"), ["cp1-scheduler"]);
    assert.deepEqual(differing(before, after, "key"), ["cp1-scheduler"]);
    assert.deepEqual(verbs("cp1").slice(asked.cp1), ["request", "apply"]);
    assert.equal(servers.w1.executed.length, asked.w1, "the other node was asked for something");
  });

  it("leaves nothing to do", async () => {
    const { code, stdout, stderr } = await within(["pulumi", "up", "--yes", "--skip-preview", "--expect-no-changes"]);
    assert.equal(code, 0, stdout + stderr);
  });

  it("is due alone, with its reason, before the run", async () => {
    await pulumi("config", "set", "--path", "kube-pki:certificates.renewAt.cp1.apiserver", new Date().toISOString());
    const { code, stdout, stderr } = await within([KUBE_PKI, "due"]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^cp1 +apiserver +\S+ +asked for at \S+ \(certificates\.renewAt\)$/m);
    assert.doesNotMatch(stdout, /^cp1 +(?!apiserver | )/m);
    assert.match(stdout, /^cp1: reloads kube-apiserver$/m);
    await pulumi("config", "rm", "--path", "kube-pki:certificates.renewAt.cp1.apiserver");
  });

  it("where the node fails, the next plain up brings it the certificate that was signed", async () => {
    const before = await leaves();
    failing.add("cp1");
    const failed = await within([KUBE_PKI, "renew", "cp1", "apiserver", "--yes", "--skip-preview"]);
    assert.equal(failed.code, 2);
    assert.match(failed.stderr, /it is still asked for/);
    const signed = await leaves();
    assert.deepEqual(differing(before, signed, "key"), ["cp1-apiserver"]);
    failing.clear();
    const given = servers.cp1.executed.length;
    await pulumi("up", "--yes", "--skip-preview");
    assert.deepEqual(await leaves(), signed);
    const [apply, ...more] = servers.cp1.executed.slice(given);
    assert.match(apply?.command ?? "", /node\.sh apply$/);
    assert.deepEqual(more, []);
  });

  it("takes another login for what it is: nodes are visited, and no certificate is due", async () => {
    const before = await leaves();
    for (const index of NAMES.keys())
      await pulumi("config", "set", "--path", `kube-pki:nodes[${String(index)}].ssh.user`, "other");
    const due = await within([KUBE_PKI, "due", "--fail-on", "due"]);
    assert.deepEqual([due.code, due.stdout], [0, LOGIN_CHANGES], due.stderr);
    const { code, stdout, stderr } = await within([KUBE_PKI, "timer", "run"]);
    assert.equal(code, 0, stdout + stderr);
    assert.ok(stdout.startsWith(LOGIN_CHANGES), stdout);
    assert.match(
      stdout,
      /\ndone: nothing had to be renewed; the steps of 2 nodes ran again and proved what is there\n$/,
    );
    assert.deepEqual(await leaves(), before);
  });

  it("takes sudo for what it is too: part of how a node is reached", async () => {
    const before = await leaves();
    const login = JSON.stringify({ privateKey: servers.cp1.clientKey, sudo: true });
    await must(["pulumi", "config", "set", "--secret", "kube-pki:ssh"], { env, cwd: folder, stdin: login });
    const due = await within([KUBE_PKI, "due", "--fail-on", "due"]);
    assert.deepEqual([due.code, due.stdout], [0, LOGIN_CHANGES], due.stderr);
    const asked = servers.w1.executed.length;
    await pulumi("up", "--yes", "--skip-preview");
    const [first, ...more] = servers.w1.executed.slice(asked).map(({ command }) => command);
    assert.ok(
      [first, ...more].every((command) => command?.startsWith("sudo -n ")),
      first,
    );
    assert.equal(more.length, 2, "the script, the request, the files");
    assert.deepEqual(await leaves(), before);
  });
});
