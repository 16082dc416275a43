import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { createServer } from "node:tls";
import { Server } from "ssh2";
import { answerOf, comparison, unknownCertificates, type Answer, type NodeFacts } from "../../cli/nodeStatus";
import { pinnedTarget } from "../../cli/pinnedHosts";
import { sshArgs } from "../../cli/sshArgs";
import type { CertificateRow } from "../../core/report/report";
import type { Survey } from "../../core/survey/model";
import { config, parsed } from "../core/config/fixtures";
import { healthy, makeAuthorities, PKI } from "../core/doctor/healthy";
import { opensshKey, publicLine } from "../lab/plugins/sshServer";
import { authority, leaf } from "../node/pki";
import { Harness } from "./harness";

const row = (changes: Partial<CertificateRow> = {}): CertificateRow => ({
  node: "cp1",
  certificate: "apiserver",
  subject: "CN=kube-apiserver",
  issuer: "CN=kubernetes",
  serial: "0A1B",
  notAfter: "2036-07-01T00:00:00Z",
  nextRenewal: "2036-06-20T00:00:00Z",
  keyLocation: "node",
  proof: "served",
  ...changes,
});

/** Of Linux, and as directories give them. */
const LOGINS = ["ops", "ann@example.com", "Ann.Example", "EXAMPLE\\ann"];

type Served = NonNullable<NodeFacts["served"]>;
const at = "10.0.0.1:6443";
const facts = (served: Served = [{ component: "kube-apiserver", at, serial: "a1b" }]): Answer => ({
  facts: { held: new Set(["a1b", "2c"]), served },
});

describe("what a node says", () => {
  const cases: readonly [string, CertificateRow, Answer | undefined, string][] = [
    ["is served as the stack says", row(), facts(), "same"],
    ["is in a file as the stack says", row({ serial: "2C", proof: "accepted" }), facts(), "same"],
    ["is in a file, but was proven by being served", row({ serial: "2C" }), facts(), "differs"],
    ["is in a file, and nothing answers where it was served", row(), facts([{ component: "etcd", at }]), "differs"],
    ["is nowhere", row({ serial: "ff", proof: "accepted" }), facts(), "differs"],
    ["nothing was applied", row({ proof: "none" }), { facts: { held: new Set(), served: [] } }, "differs"],
    ["did not answer", row(), { unreachable: "timed out" }, "unreachable"],
    ["was not asked", row(), undefined, "unreachable"],
  ];
  for (const [what, certificate, answer, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      assert.equal(comparison(certificate, answer), expected);
    });
  }

  it("is looked for in files where it has no openssl to ask with", async () => {
    const [cp1] = structuredClone(await healthy(await makeAuthorities())) as [Survey, ...Survey[]];
    const path = `${PKI}/apiserver.crt`;
    const { serial = "" } = cp1.files.find((file) => file.path === path)?.certificates[0] ?? {};
    const record = {
      leaves: [],
      cas: [],
      files: [path],
      served: [{ component: "kube-apiserver", at }],
      interrupted: false,
    };
    const { openssl, ...host } = cp1.host;
    assert.ok(openssl);
    assert.equal(comparison(row({ serial }), answerOf({ ...cp1, record })), "differs");
    assert.equal(comparison(row({ serial }), answerOf({ ...cp1, host, record })), "same");
    assert.equal(comparison(row({ serial }), answerOf({ ...cp1, host })), "differs");
    const asOther = answerOf({ ...cp1, host: { ...host, uid: 1000 }, record, unread: ["it was not read as root"] });
    assert.deepEqual(asOther, { unreachable: "it was not read as root" });
  });

  it("and the stack does not know is named", () => {
    assert.deepEqual(unknownCertificates("cp1", facts(), [row()]), []);
    assert.deepEqual(unknownCertificates("cp1", facts(), [row({ node: "cp2" })]), [
      "cp1: kube-apiserver at 10.0.0.1:6443 serves a certificate with serial a1b, which is not in the stack",
    ]);
    assert.deepEqual(unknownCertificates("cp1", facts([{ component: "kubelet", at: "10.0.0.1:10250" }]), []), []);
    assert.deepEqual(unknownCertificates("cp1", { unreachable: "timed out" }, []), ["cp1: timed out"]);
  });

  it("is asked for without a host key only when the stack has none", () => {
    const node = { name: "cp1", host: "10.0.0.1", port: 22, user: "root", sudo: true };
    const args = (hostKey?: string) =>
      sshArgs(pinnedTarget({ ...node, hostKey }, "/tmp/known"), "status", { jump: "b.example.com" }).join(" ");
    assert.match(args(), /StrictHostKeyChecking=no .*-J b\.example\.com .*-- 10\.0\.0\.1 status$/);
    assert.match(args("ssh-ed25519 AAAA"), /StrictHostKeyChecking=yes .*UserKnownHostsFile="\/tmp\/known" .*status$/);
  });
});

describe("kube-pki status --nodes", function () {
  this.timeout(30_000);
  const harness = new Harness();
  const root = join(harness.folder, "node");
  const hostKey = opensshKey();
  const commands: string[] = [];
  const server = new Server({ hostKeys: [hostKey] }, (client) => {
    client.on("authentication", (context) => {
      if (context.method === "publickey" && LOGINS.includes(context.username)) context.accept();
      else context.reject(["publickey"]);
    });
    client.on("session", (accept) => {
      accept().on("exec", (acceptExec, _reject, { command }) => {
        commands.push(command);
        const stream = acceptExec();
        const env = { ...process.env, KUBE_PKI_ROOT: root };
        const child = spawn("sh", ["-c", command.replace(/^sudo -n /, "")], { env });
        stream.pipe(child.stdin);
        child.stdout.pipe(stream, { end: false });
        child.on("close", (code) => {
          stream.exit(code ?? 255);
          stream.end();
        });
      });
    });
    // ssh hangs up without ceremony.
    client.on("error", () => undefined);
  });
  const ca = authority();
  const issued = leaf(ca, "kube-apiserver");
  const { serialNumber: serial } = new X509Certificate(issued.cert);
  const apiServer = createServer({ cert: issued.cert, key: issued.key });
  const portOf = (of: { address: () => unknown }) => (of.address() as AddressInfo).port;
  const identity = join(harness.folder, "key");
  const put = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  before(async () => {
    writeFileSync(identity, opensshKey(), { mode: 0o600 });
    for (const each of [server, apiServer])
      await new Promise<void>((resolve) => {
        each.listen(0, "127.0.0.1", resolve);
      });
    put("/etc/kubernetes/pki/apiserver.crt", issued.cert);
    put("/var/lib/kube-pki/applied", "sum 0123456789abcdef\n");
    put(
      "/var/lib/kube-pki/plan",
      `node cp1\nfile /etc/kubernetes/pki/apiserver.crt 0644 root root cert:apiserver\nserved kube-apiserver 127.0.0.1:${String(portOf(apiServer))} apiserver\n`,
    );
  });
  after(() => {
    server.close();
    apiServer.close();
    harness.remove();
  });

  const ask = async (key: string, certificates: readonly CertificateRow[], user = "ops") => {
    const node = { name: "cp1", host: "127.0.0.1", port: portOf(server), user, hostKey: publicLine(key), sudo: true };
    harness.pulumi(JSON.stringify({ certificates, nodes: [node] }));
    return harness.run(["status", "--nodes", "--identity", identity]);
  };

  it("compares the stack with the node, over the real ssh", async () => {
    const other = row({ certificate: "kubelet", serial: "ff", proof: "none" });
    const { code, stdout, stderr } = await ask(hostKey, [row({ serial }), other]);
    assert.equal(stderr, "");
    assert.deepEqual(
      stdout.split("\n").map((line) => line.split(/ {2,}/).at(-1)),
      ["ON THE NODE", "same", "differs", ""],
    );
    assert.equal(code, 1);
    assert.deepEqual(
      commands.map((command) => command.slice(0, 17)),
      ["sudo -n sh -c '#!"],
    );
  });

  it("is content with a node that holds what the stack says", async () => {
    const { code, stderr } = await ask(hostKey, [row({ serial })]);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  for (const user of LOGINS)
    it(`logs in as ${user}, which a stack file may say`, async () => {
      assert.equal(parsed(config({ ssh: { agent: true, user } })).ssh.user, user);
      const { code, stderr } = await ask(hostKey, [row({ serial })], user);
      assert.deepEqual([code, stderr], [0, ""]);
    });

  it("trusts no other host key", async () => {
    const before = commands.length;
    const { code, stdout, stderr } = await ask(opensshKey(), [row({ serial })]);
    assert.match(stdout, / unreachable\n$/);
    assert.match(stderr, /^cp1: its host key is not in your known_hosts/);
    assert.equal(code, 1);
    assert.equal(commands.length, before);
  });
});
