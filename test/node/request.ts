import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { execFileSync } from "node:child_process";
import { mkdirSync, utimesSync, statSync } from "node:fs";
import { Cluster } from "./cluster";
import { installCommand, nodeScript } from "./nodeScript";
import { payload } from "./payload";
import { leaf } from "./pki";
import { Scratch } from "./scratch";

const body = `node cp1
leaf kubelet e1 ECDSA-P256
cn kubelet system:node:cp1
o kubelet system:nodes
leaf web e1 RSA-2048
cn web web
san web DNS:localhost
san web IP:127.0.0.1
`;

function requests(text: string): Map<string, string> {
  return new Map(
    text
      .split(/^csr /m)
      .slice(1)
      .map((one) => [one.slice(0, one.indexOf("\n")), one.slice(one.indexOf("\n") + 1)]),
  );
}

/** @param shell - what the script is run with */
export function asksForCertificates(shell: string): void {
  describe(`node request and install (${shell})`, function () {
    this.timeout(120_000);
    let node: Scratch;
    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("makes keys that stay, and requests that say what was asked", async () => {
      const made = await node.run("request", payload("request", body));
      assert.equal(made.code, 0, made.stderr);
      const csrs = requests(made.stdout);
      assert.deepEqual([...csrs.keys()], ["kubelet e1", "web e1"]);
      const text = (name: string) =>
        execFileSync("openssl", ["req", "-noout", "-text", "-verify", "-nameopt", "RFC2253"], {
          input: csrs.get(name),
          stdio: ["pipe", "pipe", "ignore"],
        }).toString();
      assert.match(text("kubelet e1"), /Subject: CN=system:node:cp1,O=system:nodes\n[^]*NIST CURVE: P-256/);
      assert.match(text("web e1"), /Public-Key: \(2048 bit\)[^]*DNS:localhost, IP Address:127\.0\.0\.1/);
      assert.doesNotMatch(made.stdout + made.stderr, /PRIVATE/);
      assert.equal(made.stderr, "cp1: 2 keys made: kubelet web\n", "one line for all");
      assert.equal(statSync(node.path("/var/lib/kube-pki/keys/web/e1.key")).mode & 0o777, 0o600);
      assert.deepEqual(node.list("/etc"), []);
    });

    it("prints the same bytes for the same payload, other names under the same id keep the key", async () => {
      const first = await node.run("request", payload("request", body));
      assert.equal((await node.run("request", payload("request", body))).stdout, first.stdout);
      const key = node.read("/var/lib/kube-pki/keys/web/e1.key");
      const other = await node.run("request", payload("request", body.replace("localhost", "example.org")));
      assert.notEqual(requests(other.stdout).get("web e1"), requests(first.stdout).get("web e1"));
      assert.equal(requests(other.stdout).get("kubelet e1"), requests(first.stdout).get("kubelet e1"));
      assert.equal(node.read("/var/lib/kube-pki/keys/web/e1.key"), key);
    });

    it("killed after a request for other names was made, never answers with the earlier one", async () => {
      const asked = (name: string) => payload("request", body.replace("localhost", name));
      const sans = ({ stdout }: { stdout: string }) =>
        execFileSync("openssl", ["req", "-noout", "-text"], { input: requests(stdout).get("web e1") }).toString();
      await node.run("request", asked("old.example"));
      for (const name of ["new.example", "old.example"]) {
        assert.notEqual((await node.run("request", asked(name), { KUBE_PKI_KILL_AT: "csr-made" })).code, 0);
        assert.match(sans(await node.run("request", asked("old.example"))), /DNS:old\.example/);
        assert.match(sans(await node.run("request", asked("new.example"))), /DNS:new\.example/);
      }
    });

    it("killed after the key was made, goes on with that key", async () => {
      await node.run("request", payload("request", body), { KUBE_PKI_KILL_AT: "key-made" });
      const key = node.read("/var/lib/kube-pki/keys/kubelet/e1.key");
      const made = await node.run("request", payload("request", body));
      assert.equal(made.code, 0, made.stderr);
      assert.equal(node.read("/var/lib/kube-pki/keys/kubelet/e1.key"), key);
    });

    it("refuses names that reach openssl's config or the shell", async () => {
      for (const bad of [
        "cn web a b",
        "cn web $(id)",
        "san web DNS:a,IP:b",
        "san web email:x@y",
        "o web a/b",
        "leaf ../x e1 ECDSA-P256",
      ]) {
        const refused = await node.run("request", payload("request", `${body.replace("cn web web\n", "")}${bad}\n`));
        assert.equal(refused.code, 1, bad);
        assert.equal(node.has("/var/lib/kube-pki/keys"), false);
      }
    });

    it("says keyLocation: state where there is no openssl", async () => {
      node.without("openssl");
      const refused = await node.run("request", payload("request", body));
      assert.equal(refused.code, 1);
      assert.match(refused.why, /no openssl.*keyLocation: state/);
      assert.deepEqual(node.list("/var/lib/kube-pki"), ["lock", "node.sh"]);
    });

    it("is installed with the unit that repairs it at boot", async () => {
      const [sh = "sh", ...args] = shell.split(" ");
      mkdirSync(node.path("/run/systemd/system"), { recursive: true });
      const stdin = gzipSync(nodeScript()).toString("base64");
      const done = await node.spawn(sh, [...args, "-c", installCommand()], stdin);
      assert.match(done.stdout, /^installed [0-9a-f]{64}\n$/);
      assert.equal(done.stderr, "");
      assert.match(node.read("/etc/systemd/system/kube-pki-recover.service"), /^ExecStart=.*node\.sh recover$/m);
    });

    it("is installed whole or not at all", async () => {
      const [sh = "sh", ...args] = shell.split(" ");
      const spawn = (stdin: string) => node.spawn(sh, [...args, "-c", installCommand()], stdin);
      const install = (text: string) => spawn(gzipSync(text).toString("base64"));
      const script = nodeScript();
      const done = await install(script);
      assert.match(done.stdout, /^installed [0-9a-f]{64}\n$/);
      assert.equal(node.read("/var/lib/kube-pki/node.sh"), script);
      const cut = await install(`# other\n${script.slice(0, -30)}`);
      assert.equal(cut.code, 1);
      assert.match(cut.why, /cut short/);
      assert.equal(node.read("/var/lib/kube-pki/node.sh"), script);
      const broken = await spawn(gzipSync(`# other\n${script}`).toString("base64").slice(0, -40));
      assert.equal(broken.code, 1);
      assert.equal(node.read("/var/lib/kube-pki/node.sh"), script);
      assert.deepEqual(node.list("/var/lib/kube-pki"), ["node.sh"]);
    });
  });

  describe(`node applies what it requested (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("with the key that never left, and forgets the third oldest", async () => {
      const set = node.set();
      for (const [age, id] of [
        [4, "e1"],
        [3, "e2"],
        [2, "e3"],
        [1, "e4"],
      ] as const) {
        const made = await node.run("request", payload("request", `node n1\nleaf web ${id} ECDSA-P256\ncn web web\n`));
        const csr = requests(made.stdout).get(`web ${id}`) ?? "";
        const web = leaf(node.ca, "web", { csr });
        const text = node
          .body({ ...set, web })
          .replace("part key:web 1\n\n", "")
          .replace("leaf web e1", `leaf web ${id}`);
        const done = await node.run("apply", payload("apply", text));
        assert.equal(done.code, 0, done.stderr);
        const key = `/var/lib/kube-pki/keys/web/${id}.key`;
        assert.equal(node.read("/etc/kubernetes/pki/web.key"), node.read(key));
        // not every ls sorts by less than a second
        const madeAt = Date.now() / 1000 - age * 60;
        utimesSync(node.path(key), madeAt, madeAt);
      }
      assert.deepEqual(
        node.list("/var/lib/kube-pki/keys/web").filter((name) => name.endsWith(".key")),
        ["e3.key", "e4.key"],
      );
    });

    it("not with a key it does not have", async () => {
      const text = node.body(node.set()).replace(/part key:web \d+\n[^]*?-----END PRIVATE KEY-----\n/, "");
      const refused = await node.run("apply", payload("apply", text));
      assert.match(refused.why, /the key of leaf web \(e1\) is not on this node/);
    });
  });
}
