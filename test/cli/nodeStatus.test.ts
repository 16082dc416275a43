import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Server } from "ssh2";
import { answerOf, comparison, parsedFacts, unknownCertificates, type Answer } from "../../cli/nodeStatus";
import { pinnedTarget } from "../../cli/pinnedHosts";
import { sshArgs } from "../../cli/sshArgs";
import type { CertificateRow } from "../../core/report/report";
import { config, parsed } from "../core/config/fixtures";
import { opensshKey, publicLine } from "../lab/plugins/sshServer";
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

const STATUS = [
  "applied 12345678",
  "file /etc/kubernetes/pki/apiserver.crt CN=kube-apiserver 0a1b 2098483200 aa",
  "file /etc/kubernetes/admin.conf O=kubeadm:cluster-admins, CN=kubernetes-admin 2c 2098483200 bb",
  "served kube-apiserver 10.0.0.1:6443 00:0a:1b 2098483200 aa",
  "",
].join("\n");

/** Of Linux, and as directories give them. */
const LOGINS = ["ops", "ann@example.com", "Ann.Example", "EXAMPLE\\ann"];

const facts = (text = STATUS): Answer => ({ facts: parsedFacts(text) });

describe("what a node says", () => {
  const cases: readonly [string, CertificateRow, Answer | undefined, string][] = [
    ["is served as the stack says", row(), facts(), "same"],
    ["is in a file as the stack says", row({ serial: "2C", proof: "accepted" }), facts(), "same"],
    ["is in a file, but was proven by being served", row({ serial: "2C" }), facts(), "differs"],
    ["is nowhere", row({ serial: "ff", proof: "accepted" }), facts(), "differs"],
    ["nothing was applied", row({ proof: "none" }), facts("applied none\n"), "differs"],
    ["did not answer", row(), { unreachable: "timed out" }, "unreachable"],
    ["was not asked", row(), undefined, "unreachable"],
  ];
  for (const [what, certificate, answer, expected] of cases) {
    it(`${what}: ${expected}`, () => {
      assert.equal(comparison(certificate, answer), expected);
    });
  }

  it("is no difference when it has no openssl to read certificates with", () => {
    assert.equal(comparison(row(), answerOf(parsedFacts("applied 12345678\n"))), "unreachable");
    assert.equal(comparison(row(), answerOf(parsedFacts("applied none\n"))), "differs");
    assert.equal(comparison(row(), answerOf(parsedFacts(STATUS))), "same");
  });

  it("and the stack does not know is named", () => {
    assert.deepEqual(unknownCertificates("cp1", facts(), [row()]), []);
    assert.deepEqual(unknownCertificates("cp1", facts(), [row({ node: "cp2" })]), [
      "cp1: kube-apiserver at 10.0.0.1:6443 serves a certificate with serial a1b, which is not in the stack",
    ]);
    assert.deepEqual(unknownCertificates("cp1", facts("served kubelet 10.0.0.1:10250 - - -\n"), []), []);
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
        stream.write(STATUS);
        stream.exit(0);
        stream.end();
      });
    });
    // ssh hangs up without ceremony.
    client.on("error", () => undefined);
  });
  let port = 0;
  const identity = join(harness.folder, "key");
  before((done) => {
    writeFileSync(identity, opensshKey(), { mode: 0o600 });
    server.listen(0, "127.0.0.1", () => {
      port = (server.address() as { port: number }).port;
      done();
    });
  });
  after(() => {
    server.close();
    harness.remove();
  });

  const ask = async (key: string, certificates: readonly CertificateRow[], user = "ops") => {
    const node = { name: "cp1", host: "127.0.0.1", port, user, hostKey: publicLine(key), sudo: true };
    harness.pulumi(JSON.stringify({ certificates, nodes: [node] }));
    return harness.run(["status", "--nodes", "--identity", identity]);
  };

  it("compares the stack with the node, over the real ssh", async () => {
    const other = row({ certificate: "kubelet", serial: "ff", proof: "none" });
    const { code, stdout, stderr } = await ask(hostKey, [row(), other]);
    assert.equal(stderr, "");
    assert.deepEqual(
      stdout.split("\n").map((line) => line.split(/ {2,}/).at(-1)),
      ["ON THE NODE", "same", "differs", ""],
    );
    assert.equal(code, 1);
    assert.deepEqual(commands, ["sudo -n sh /var/lib/kube-pki/node.sh status"]);
  });

  it("is content with a node that holds what the stack says", async () => {
    const { code, stderr } = await ask(hostKey, [row()]);
    assert.deepEqual([code, stderr], [0, ""]);
  });

  for (const user of LOGINS)
    it(`logs in as ${user}, which a stack file may say`, async () => {
      assert.equal(parsed(config({ ssh: { agent: true, user } })).ssh.user, user);
      const { code, stderr } = await ask(hostKey, [row()], user);
      assert.deepEqual([code, stderr], [0, ""]);
    });

  it("trusts no other host key", async () => {
    const before = commands.length;
    const { code, stdout, stderr } = await ask(opensshKey(), [row()]);
    assert.match(stdout, / unreachable\n$/);
    assert.match(stderr, /^cp1: Host key verification failed\.\n$/);
    assert.equal(code, 1);
    assert.equal(commands.length, before);
  });
});
