import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { part, payload } from "./payload";
import { authority, fingerprintOf, leaf, type Pair } from "./pki";
import { shells } from "./scratch";

const until = async (done: () => boolean): Promise<void> => {
  for (let i = 0; i < 200 && !done(); i++) await new Promise((resolve) => setTimeout(resolve, 100));
  assert.ok(done());
};

for (const shell of shells) {
  describe(`node apply in trouble (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("puts the old set back when a service does not start with the new one", async () => {
      const old = node.set();
      assert.equal((await node.run("apply", node.payload(old))).code, 0);
      const applied = node.read("/var/lib/kube-pki/applied");
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      const failed = await node.run("apply", node.payload(bad));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      assert.ok(node.holds(old));
      assert.equal(node.read("/var/lib/kube-pki/applied"), applied);
      const status = await node.run("status");
      assert.match(status.stdout, new RegExp(`served store \\S+ \\w+ \\d+ ${fingerprintOf(old.store.cert)}\n`));
      assert.match(node.read("/var/lib/kube-pki/result"), /^exit 1\n/);
      assert.deepEqual(
        node.list("/etc").filter((name) => name.includes(".kube-pki.")),
        [],
      );
    });

    it("puts the old set back when a service starts but is not healthy, and says that the old one is not either", async () => {
      const old = node.live();
      node.write("/units/store/sick", "");
      const failed = await node.run("apply", node.payload(node.set()));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store answers 500 .*with the old set too store answers 500/);
      assert.ok(node.holds(old));
    });

    it("puts back what a service has only reloaded, and restarts it where it keeps the newer set", async () => {
      const folder = join(node.units, "web");
      writeFileSync(join(folder, "command"), readFileSync(join(folder, "command"), "utf8").replace(" hot ", " once "));
      await node.start("web");
      const [old, bad] = [node.live(), node.set()];
      node.write("/units/store/refuses", bad.store.cert);
      const [store, web] = ["consumer store systemd store\n", "consumer web systemd web\n"];
      const sent = payload("apply", node.body(bad).replace(store + web, web + store));
      const failed = await node.run("apply", sent);
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      const served = await node.spawn("openssl", ["s_client", "-connect", `127.0.0.1:${String(node.webPort)}`], "");
      assert.ok(served.stdout.includes(old.web.cert.trim()));
    });

    it("asks a set that was put back with its own kubeconfig's certificate", async () => {
      const kubeconfig = "/etc/kubernetes/admin.conf";
      const inline = (pair: Pair) =>
        `client-certificate-data: ${Buffer.from(pair.cert).toString("base64")}\nclient-key-data: ${Buffer.from(pair.key).toString("base64")}\n`;
      const old = inline(leaf(node.ca, "admin"));
      node.write(kubeconfig, old, 0o600);
      const ca = authority();
      const [bad, admin] = [node.set(ca), leaf(ca, "admin")];
      node.write("/units/store/refuses", bad.store.cert);
      const more = `${part("cert:admin", admin.cert)}${part("key:admin", admin.key)}${part("conf", "client-certificate-data: @b64:cert:admin@\nclient-key-data: @b64:key:admin@")}leaf admin e1 1 9999999999 ca
file ${kubeconfig} 0600 root root conf
accepted store 127.0.0.1:${String(node.storePort)} /whoami admin
`;
      const failed = await node.run("apply", node.payload(bad, { more }));
      assert.equal(failed.code, 1);
      assert.match(failed.why, /store failed .*the old set was put back, look at store before you run again$/);
      assert.equal(node.read(kubeconfig), old);
    });

    it("restarts what does not pick its files up", async () => {
      const folder = join(node.units, "web");
      writeFileSync(join(folder, "command"), readFileSync(join(folder, "command"), "utf8").replace(" hot ", " cold "));
      await node.start("web");
      const set = node.set();
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /web does not serve the new certificate of web at \S+ after 4 s, so it is restarted/);
      assert.match(done.stdout, /consumer web restarted\nproof web restarted - - - yes/);
    });

    it("restarts a service that was down before", async () => {
      process.kill(node.pid("store"), "SIGKILL");
      const done = await node.run("apply", node.payload(node.live(), { drop: /^health/ }));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer store restarted/);
    });

    it("refuses a leaf older than the one it has", async () => {
      const now = Math.floor(Date.now() / 1000);
      const set = node.set();
      assert.equal((await node.run("apply", node.payload({ ...set, issued: now - 10 }))).code, 0);
      const late = await node.run("apply", node.payload({ ...node.set(), issued: now - 500 }));
      assert.match(late.why, /leaf web was issued 490 s before the one this node has/);
      assert.ok(node.holds(set));
    });

    it("waits for a clock a little behind", async () => {
      const set = { ...node.set(), issued: Math.floor(Date.now() / 1000) + 3 };
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /clock is [123] s behind, waiting/);
    });

    it("lets a second run wait, and then it changes nothing", async () => {
      const sent = node.payload(node.set());
      const env = { KUBE_PKI_LIMIT: "30" };
      const both = await Promise.all([node.run("apply", sent, env), node.run("apply", sent, env)]);
      assert.deepEqual(
        both.map((run) => run.code),
        [0, 0],
        both.map((run) => run.stderr).join(),
      );
      assert.deepEqual(both.map((run) => run.stdout.trimEnd().split(" ").at(-1)).sort(), ["changed", "unchanged"]);
      assert.equal(node.restarts("store"), 2); // one is the test's own start
    });

    it("says who waits for whom when the lock is held too long", async () => {
      const holder = spawn("flock", [node.path("/var/lib/kube-pki/lock"), "sleep", "30"], { detached: true });
      await until(() => existsSync(node.path("/var/lib/kube-pki/lock")));
      await new Promise((resolve) => setTimeout(resolve, 200));
      const refused = await node.run("apply", node.payload(node.set()));
      process.kill(-(holder.pid ?? 0), "SIGKILL");
      assert.match(refused.why, /another run has held the lock for 4 s/);
    });

    it("works without flock, and takes over a dead holder's lock", async () => {
      node.without("flock");
      node.write("/var/lib/kube-pki/lock.d/pid", "4194305\n");
      const sent = node.payload(node.set());
      const both = await Promise.all([0, 1].map(() => node.run("apply", sent, { KUBE_PKI_LIMIT: "30" })));
      assert.deepEqual(
        both.map((run) => run.code),
        [0, 0],
        both.map((run) => run.stderr).join(),
      );
      assert.equal(node.has("/var/lib/kube-pki/lock.d"), false);
    });

    it("goes on when the line is cut, and leaves its result", async () => {
      const set = node.set();
      const [command = "", ...args] = shell.split(" ");
      const env = {
        ...process.env,
        KUBE_PKI_ROOT: node.root,
        KUBE_PKI_LIMIT: "10",
        KUBE_PKI_SH: shell,
        FAKE_UNITS: node.units,
        KUBE_PKI_PATH: `${node.tools}:${process.env["PATH"] ?? ""}`,
      };
      const child = spawn(command, [...args, node.path("/var/lib/kube-pki/node.sh"), "apply"], { env, detached: true });
      child.stdin.end(node.payload(set));
      await until(() => node.list("/var/lib/kube-pki").some((name) => /^run.*worker$/.test(name)));
      process.kill(-(child.pid ?? 0), "SIGKILL"); // the whole group of the ssh session
      await until(() => node.has("/var/lib/kube-pki/result"));
      assert.match(node.read("/var/lib/kube-pki/result"), /^exit 0\n[^]*done \w{8} changed/);
      assert.ok(node.holds(set));
    });

    it("without openssl: restarts, claims nothing it cannot know", async () => {
      node.without("openssl", "curl", "wget");
      const set = node.set();
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer web restarted\nproof web restarted - - - yes/);
      assert.match(done.stdout, /proof web served web - \S+ unproven/);
      assert.doesNotMatch(done.stdout, /(served|accepted|health) .* yes/);
      const again = await node.run("apply", node.payload(set));
      assert.equal(again.code, 0, again.stderr);
      const request = await node.run("request", "");
      assert.equal(request.code, 1);
    });

    it("puts the old set back when a file is immutable", async function () {
      const old = node.live();
      const frozen = node.path(files.webCert);
      const chattr = (flag: string) => node.spawn("chattr", [flag, frozen], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const failed = await node.run("apply", node.payload(node.set()));
      await chattr("-i");
      assert.match(failed.why, /web\.crt cannot be replaced: it is immutable/);
      assert.ok(node.holds(old));
    });

    it("keeps the journal while it cannot put back", async function () {
      const [old, set] = [node.live(), node.set()];
      await node.run("apply", node.payload(set), { KUBE_PKI_KILL_AT: "swapped-2" });
      const frozen = node.path(files.webCert);
      const chattr = (flag: string) => node.spawn("chattr", [flag, frozen], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const stuck = await node.run("apply", node.payload(set));
      await chattr("-i");
      assert.equal(stuck.code, 1);
      assert.match(stuck.why, /web\.crt could not be put back .*its copy is in \S+: mend that/);
      await node.run("apply", node.payload(set, { more: "consumer ghost systemd ghost\n" }));
      assert.ok(node.holds(old));
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("touches nothing when a file system is full or read-only", async function () {
      const old = node.live();
      const disk = node.path("/etc/disk");
      mkdirSync(disk);
      const mount = (...args: string[]) => node.spawn("mount", args, "");
      if ((await mount("-t", "tmpfs", "-o", "size=4k,mode=755", "none", disk)).code !== 0) return this.skip();
      try {
        const more = `${part("big", "x".repeat(70).concat("\n").repeat(200))}file /etc/disk/big 0600 root root big\n`;
        const full = await node.run("apply", node.payload(node.set(), { more }));
        assert.match(full.why, /\/etc\/disk\/big cannot be written \(.*No space left on device\)/);
        assert.deepEqual(node.list("/etc/disk"), []);
        await mount("-o", "remount,ro", disk);
        const fixed = await node.run("apply", node.payload(node.set(), { more }));
        assert.match(fixed.why, /\/etc\/disk\/big cannot be written \(.*Read-only file system\)/);
      } finally {
        await node.spawn("umount", [disk], "");
      }
      assert.ok(node.holds(old));
    });

    it("mends mode and owner, and says so", async () => {
      const set = node.set();
      await node.run("apply", node.payload(set));
      chmodSync(node.path(files.webKey), 0o644);
      const done = await node.run("apply", node.payload(set));
      assert.match(done.stdout, /file \/etc\/kubernetes\/pki\/web\.key fixed\n[^]*done \w{8} changed/);
    });

    it("skips a service never seen on a bare node, which existing would refuse", async () => {
      const more = "consumer later systemd later\nuse later restart /etc/kubernetes/pki/ca.crt\n";
      const done = await node.run("apply", node.payload(node.set(), { start: "bare", more }));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer later skipped/);
      assert.doesNotMatch(node.read("/var/lib/kube-pki/applied"), /seen later/);
      assert.match(node.read("/var/lib/kube-pki/applied"), /seen store\nseen web\n/);
    });

    it("makes folders and links, and puts base64 where a kubeconfig wants it", async () => {
      const set = node.set();
      const more = `${part("kubeconfig", "users:\n    client-key-data: @b64:key:web@\n    tail")}file /etc/kubernetes/deep/er/web.conf 0600 root root kubeconfig
file /etc/kubernetes/deep/er/both.pem 0600 root root cert:web,key:web
link /etc/kubernetes/deep/er/current.pem both.pem
`;
      const done = await node.run("apply", node.payload(set, { more }));
      assert.equal(done.code, 0, done.stderr);
      const data = Buffer.from(set.web.key).toString("base64");
      assert.equal(node.read("/etc/kubernetes/deep/er/web.conf"), `users:\n    client-key-data: ${data}\n    tail\n`);
      assert.equal(node.read("/etc/kubernetes/deep/er/current.pem"), set.web.cert + set.web.key);
      assert.match(done.stdout, /current\.pem created/);
      assert.match((await node.run("apply", node.payload(set, { more }))).stdout, /current\.pem unchanged/);
    });

    it("removes what it made when it fails", async () => {
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      const failed = await node.run(
        "apply",
        node.payload(bad, { more: "file /etc/kubernetes/deep/er/x 0644 root root ca\n" }),
      );
      assert.equal(failed.code, 1);
      assert.equal(node.has("/etc/kubernetes/deep"), false);
    });

    it("does not wait for a unit that systemd starts again and again in vain", async () => {
      const bad = node.set();
      node.write("/units/store/refuses", bad.store.cert);
      node.write("/units/store/loops", "");
      const failed = await node.run("apply", node.payload(bad));
      assert.equal(failed.code, 1);
      assert.match(
        failed.stderr,
        /unit store fails at every start, see 'journalctl -u store': the old set was put back/,
      );
    });

    it("keeps five backups", async () => {
      for (let i = 0; i < 7; i++) node.write(`/var/lib/kube-pki/backup/2020010${String(i)}T000000Z-aaaaaaaa/list`, "");
      await node.run("apply", node.payload(node.set()));
      const kept = node.list("/var/lib/kube-pki/backup").filter((name) => !name.includes("/"));
      assert.equal(kept.length, 5);
      assert.equal(kept[0], "20200103T000000Z-aaaaaaaa");
    });
  });
}
