import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { Decrypter, generateX25519Identity, identityToRecipient } from "age-encryption";
import { Server } from "ssh2";
import { SnapshotDecoder } from "../../cli/backup/snapshot";
import { ensure } from "../../tools/toolchain";
import { freePort } from "../freePort";
import { opensshKey, publicLine } from "../lab/plugins/sshServer";
import { Cluster, files } from "../node/cluster";
import { EtcdMembers, CERT, KEY } from "../node/etcdMembers";
import type { Scratch } from "../node/scratch";
import { Harness } from "./harness";

const OK = "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n";
const sumOf = (data: Buffer): Buffer => createHash("sha256").update(data).digest();
const piece = (blob: Buffer): string => `${JSON.stringify({ result: { blob: blob.toString("base64") } })}\n`;

describe("a snapshot of etcd", () => {
  const data = randomBytes(5000);
  const whole = Buffer.concat([data, sumOf(data)]);
  const decoded = (text: string, size = 700): Promise<Buffer> => {
    const all = Buffer.from(text, "latin1");
    const chunks = Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
      all.subarray(n * size, (n + 1) * size),
    );
    return buffer(Readable.from(chunks).pipe(new SnapshotDecoder()));
  };
  const sent = OK + piece(data.subarray(0, 4096)) + piece(data.subarray(4096)) + piece(sumOf(data));

  for (const size of [1, 700, 100_000])
    it(`is what the JSON gateway sends, whatever pieces it comes in: ${String(size)}`, async () => {
      assert.ok((await decoded(sent, size)).equals(whole));
    });

  const broken: readonly (readonly [string, string, RegExp])[] = [
    ["without its sum", OK + piece(data), /cut short, or changed/],
    ["cut in a piece", sent.slice(0, -20), /cut short/],
    ["changed on its way", OK + piece(randomBytes(5000)) + piece(sumOf(data)), /cut short, or changed/],
    ["with no data at all", OK + piece(sumOf(Buffer.alloc(0))), /cut short, or changed/],
    ["that etcd refuses", "HTTP/1.0 401 Unauthorized\r\n\r\n", /etcd gives no snapshot: HTTP\/1\.0 401/],
    ["that ends in an error", `${OK}{"error":{"message":"no space"}}\n`, /etcd gives no snapshot: no space/],
    ["that never came", "", /etcd did not answer/],
  ];
  for (const [what, text, why] of broken)
    it(`is refused ${what}`, async () => {
      await assert.rejects(decoded(text), why);
    });
});

describe("kube-pki backup", function () {
  this.timeout(180_000);
  const hostKey = opensshKey();
  let harness: Harness;
  let node: Scratch | undefined;
  let server: Server;
  let port = 0;
  let identity = "";
  let recipient = "";

  before(async () => {
    identity = await generateX25519Identity();
    recipient = await identityToRecipient(identity);
  });
  beforeEach((done) => {
    harness = new Harness();
    writeFileSync(join(harness.folder, "key"), opensshKey(), { mode: 0o600 });
    server = new Server({ hostKeys: [hostKey] }, (client) => {
      client.on("authentication", (context) => {
        context.accept();
      });
      client.on("session", (accept) => {
        accept().on("exec", (acceptExec, _reject, { command }) => {
          const stream = acceptExec();
          // bytes, which a result of Scratch.run would not keep
          const [, words = ""] = /node\.sh (.*)$/.exec(command) ?? [];
          const { status, stdout, stderr } = node?.runSync(words.split(" ")) ?? {};
          stream.stderr.write(stderr ?? "");
          stream.write(stdout ?? "");
          stream.exit(status ?? 255);
          stream.end();
        });
      });
      client.on("error", () => undefined);
    });
    server.listen(0, "127.0.0.1", () => {
      port = (server.address() as { port: number }).port;
      const address = { name: "n1", host: "127.0.0.1", port, user: "root", hostKey: publicLine(hostKey), sudo: false };
      harness.pulumi(JSON.stringify({ certificates: [], nodes: [address] }));
      done();
    });
  });
  afterEach(() => {
    server.close();
    node?.remove();
    node = undefined;
    harness.remove();
  });

  const output = (): string => join(harness.folder, "out");
  const run = (...args: string[]) =>
    harness.run(["backup", "--output", output(), "--identity", join(harness.folder, "key"), ...args]);
  const decrypted = async (ending: string): Promise<Buffer> => {
    const name = readdirSync(output()).find((each) => each.endsWith(`${ending}.age`)) ?? "";
    assert.match(name, /^n1-\d{8}T\d{6}Z\./);
    assert.equal(statSync(join(output(), name)).mode & 0o777, 0o600);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    return Buffer.from(await decrypter.decrypt(readFileSync(join(output(), name))));
  };

  it("has every file of a node's PKI, readable by the holder of the key alone", async () => {
    const cluster = await Cluster.make("dash");
    node = cluster;
    const applied = await cluster.run("apply", cluster.payload(cluster.set()));
    assert.equal(applied.code, 0, applied.stderr);
    node.write("/etc/kubernetes/pki/ca.key", cluster.ca.key, 0o600);
    node.write("/etc/kubernetes/manifests/etcd.yaml", "kind: Pod\n");
    const { code, stdout, stderr } = await run("--recipient", recipient);
    assert.equal(code, 0, stderr);
    const [name = ""] = readdirSync(output());
    assert.equal(stdout, `${join(output(), name)}\n`);
    const cipher = readFileSync(join(output(), name), "latin1");
    assert.match(cipher, /^age-encryption\.org\/v1\n/);
    assert.doesNotMatch(cipher, /PRIVATE KEY/);
    const tar = join(harness.folder, "files.tar");
    writeFileSync(tar, await decrypted("files.tar"));
    const read = (path: string): string => execFileSync("tar", ["-xOf", tar, path.slice(1)]).toString();
    assert.equal(read("/etc/kubernetes/pki/ca.key"), cluster.ca.key);
    assert.equal(read(files.webKey), node.read(files.webKey));
    assert.equal(read("/etc/kubernetes/manifests/etcd.yaml"), "kind: Pod\n");
  });

  it("has a snapshot of a real etcd, from which another one is made with all that was in it", async () => {
    const members = await EtcdMembers.make("dash");
    node = members;
    const at = members.endpoint("e1");
    await members.ask("e1", "/v3/kv/put", { key: "bWFyaw==", value: Buffer.from("kept").toString("base64") });
    node.write(
      "/var/lib/kube-pki/plan",
      [
        "node n1",
        "consumer etcd systemd e1",
        `health etcd https ${at} /health etcd-server`,
        `file ${CERT} 0644 root root cert:etcd-server`,
        `file ${KEY} 0600 root root key:etcd-server`,
        "",
      ].join("\n"),
      0o600,
    );
    const { code, stdout, stderr } = await run("--recipient", recipient);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /n1-\w+\.files\.tar\.age\n.*n1-\w+\.etcd\.db\.age\n$/);
    const file = join(harness.folder, "etcd.db");
    writeFileSync(file, await decrypted("etcd.db"));
    assert.equal(await restoredEtcd(file, "bWFyaw=="), "kept");
  });

  /** The value of a key in an etcd that begins with a snapshot. */
  const restoredEtcd = async (snapshot: string, key: string): Promise<string> => {
    const { etcd } = await ensure(["etcd"], () => undefined);
    const data = join(harness.folder, "data");
    // etcdutl looks at the sum by itself
    execFileSync(join(dirname(etcd), "etcdutl"), ["snapshot", "restore", snapshot, "--data-dir", data], {
      stdio: "ignore",
    });
    const [client, peer] = [await freePort(), await freePort()].map((free) => `http://127.0.0.1:${String(free)}`);
    const urls = { "listen-client-urls": client, "advertise-client-urls": client, "listen-peer-urls": peer };
    const flags = Object.entries({ "data-dir": data, ...urls }).map(([flag, value]) => `--${flag}=${value ?? ""}`);
    const child = spawn(etcd, flags, { stdio: "ignore" });
    try {
      for (;;) {
        const answer = await fetch(`${client ?? ""}/v3/kv/range`, { method: "POST", body: JSON.stringify({ key }) })
          .then((response) => response.json() as Promise<{ kvs?: readonly { value: string }[] }>)
          .catch(() => undefined);
        if (answer !== undefined) return Buffer.from(answer.kvs?.[0]?.value ?? "", "base64").toString();
        if (child.exitCode !== null) throw new Error(`etcd ended with ${String(child.exitCode)}`);
        await sleep(100);
      }
    } finally {
      child.kill("SIGKILL");
    }
  };

  it("has the Secrets with tokens, asked for by the node's kubectl with an administrator's kubeconfig", async () => {
    const cluster = await Cluster.make("dash", { running: false });
    node = cluster;
    const conf = "/etc/kubernetes/admin.conf";
    cluster.write("/var/lib/kube-pki/plan", `node n1\nfile ${conf} 0600 root root kubeconfig:admin\n`, 0o600);
    cluster.write(conf, "clusters: []\ncontexts: []\nusers: []\n", 0o600);
    cluster.tool("kubectl", `echo "$*" >${cluster.path("/words")}; echo '{"items":[]}'`);
    const { code, stdout, stderr } = await run("--recipient", recipient, "n1");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /tokens\.json\.age\n$/);
    assert.equal((await decrypted("tokens.json")).toString(), '{"items":[]}\n');
    assert.match(
      cluster.read("/words"),
      new RegExp(
        `^--kubeconfig ${cluster.path(conf)} .* get secrets -A --field-selector type=kubernetes.io/service-account-token -o json`,
      ),
    );
  });

  it("leaves nothing half written where the node ends first", async () => {
    const cluster = await Cluster.make("dash", { running: false });
    node = cluster;
    cluster.write("/var/lib/kube-pki/plan", "node n1\n", 0o600);
    cluster.tool("tar", "echo some of it; echo 'tar: out of memory' >&2; exit 2");
    const { code, stderr } = await run("--recipient", recipient);
    assert.equal(code, 2);
    assert.match(stderr, /^kube-pki: n1: /);
    assert.deepEqual(readdirSync(output()), []);
  });

  const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["nobody to encrypt to", [], /^kube-pki: --recipient: missing; give a public key of age/],
    ["what is no key", ["--recipient", "age1x"], /^kube-pki: --recipient: "age1x"; must be a public key of age/],
    ["a secret key", ["--recipient", "AGE-SECRET-KEY-1X"], /must be a public key of age/],
  ];
  for (const [what, args, sentence] of refusals)
    it(`says what is wrong: ${what}`, async () => {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2);
      assert.match(stderr, sentence);
      assert.equal(existsSync(output()), false);
    });
});
