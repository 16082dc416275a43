import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { SnapshotDecoder } from "../../cli/backup/snapshot";
import { Cluster, files } from "../node/cluster";
import { BackupOf } from "./backupOf";

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
  let at: BackupOf;
  beforeEach(async () => {
    at = await BackupOf.any();
  });
  afterEach(() => {
    at.remove();
  });

  it("has every file of a node's PKI, readable by the holder of the key alone", async () => {
    const cluster = await Cluster.make("dash");
    at.node = cluster;
    const applied = await cluster.run("apply", cluster.payload(cluster.set()));
    assert.equal(applied.code, 0, applied.stderr);
    cluster.write("/etc/kubernetes/pki/ca.key", cluster.ca.key, 0o600);
    cluster.write("/etc/kubernetes/manifests/etcd.yaml", "kind: Pod\n");
    const { code, stdout, stderr } = await at.run("--recipient", at.recipient);
    assert.equal(code, 0, stderr);
    const [name = ""] = readdirSync(at.output);
    assert.equal(stdout, `${join(at.output, name)}\n`);
    const cipher = readFileSync(join(at.output, name), "latin1");
    assert.match(cipher, /^age-encryption\.org\/v1\n/);
    assert.doesNotMatch(cipher, /PRIVATE KEY/);
    const tar = join(at.harness.folder, "files.tar");
    writeFileSync(tar, await at.decrypted("files.tar"));
    const read = (path: string): string => execFileSync("tar", ["-xOf", tar, path.slice(1)]).toString();
    assert.equal(read("/etc/kubernetes/pki/ca.key"), cluster.ca.key);
    assert.equal(read(files.webKey), cluster.read(files.webKey));
    assert.equal(read("/etc/kubernetes/manifests/etcd.yaml"), "kind: Pod\n");
  });

  it("has the Secrets with tokens, asked for by the node's kubectl with an administrator's kubeconfig", async () => {
    const cluster = await Cluster.make("dash", { running: false });
    at.node = cluster;
    const conf = "/etc/kubernetes/admin.conf";
    cluster.write("/var/lib/kube-pki/plan", `node n1\nfile ${conf} 0600 root root kubeconfig:admin\n`, 0o600);
    cluster.write(conf, "clusters: []\ncontexts: []\nusers: []\n", 0o600);
    cluster.tool("kubectl", `echo "$*" >${cluster.path("/words")}; echo '{"items":[]}'`);
    const { code, stdout, stderr } = await at.run("--recipient", at.recipient, "n1");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /tokens\.json\.age\n$/);
    assert.equal((await at.decrypted("tokens.json")).toString(), '{"items":[]}\n');
    assert.match(
      cluster.read("/words"),
      new RegExp(
        `^--kubeconfig ${cluster.path(conf)} .* get secrets -A --field-selector type=kubernetes.io/service-account-token -o json`,
      ),
    );
  });

  it("leaves nothing half written where the node ends first", async () => {
    const cluster = await Cluster.make("dash", { running: false });
    at.node = cluster;
    cluster.write("/var/lib/kube-pki/plan", "node n1\n", 0o600);
    cluster.tool("tar", "echo some of it; echo 'tar: out of memory' >&2; exit 2");
    const { code, stderr } = await at.run("--recipient", at.recipient);
    assert.equal(code, 2);
    assert.match(stderr, /^kube-pki: n1: /);
    assert.deepEqual(readdirSync(at.output), []);
  });

  const refusals: readonly (readonly [string, readonly string[], RegExp])[] = [
    ["nobody to encrypt to", [], /^kube-pki: --recipient: missing; give a public key of age/],
    ["what is no key", ["--recipient", "age1x"], /^kube-pki: --recipient: "age1x"; must be a public key of age/],
    ["a secret key", ["--recipient", "AGE-SECRET-KEY-1X"], /must be a public key of age/],
  ];
  for (const [what, args, sentence] of refusals)
    it(`says what is wrong: ${what}`, async () => {
      const { code, stderr } = await at.run(...args);
      assert.equal(code, 2);
      assert.match(stderr, sentence);
      assert.equal(existsSync(at.output), false);
    });
});
