import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { part, payload } from "./payload";
import { authority } from "./pki";

/** @param shell - what the script is run with */
export function meetsTrouble(shell: string): void {
  describe(`node apply in trouble (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("restarts what does not pick its files up", async () => {
      const folder = join(node.units, "web");
      writeFileSync(join(folder, "command"), readFileSync(join(folder, "command"), "utf8").replace(" hot ", " cold "));
      await node.start("web");
      const set = node.set();
      const done = await node.run("apply", node.payload(set), { KUBE_PKI_LIMITS: "RELOAD=2" });
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /web does not serve the new certificate of web at \S+ after 2 s, so it is restarted/);
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

    it("takes a leaf of an authority that dates back", async () => {
      const now = Math.floor(Date.now() / 1000);
      assert.equal((await node.run("apply", node.payload({ ...node.set(), issued: now - 1 }))).code, 0);
      const set = node.set();
      const done = await node.run("apply", node.payload({ ...set, issued: now - 30 }));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("waits for a clock a little behind", async () => {
      const set = { ...node.set(), issued: Math.floor(Date.now() / 1000) + 2 };
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stderr, /clock is [12] s behind, waiting/);
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

    it("keeps the journal while it cannot put back", async function () {
      const [old, set] = [node.live(), node.set()];
      await node.run("apply", node.payload(set), { KUBE_PKI_KILL_AT: "swapped-2" });
      const frozen = node.path(files.webCert);
      const chattr = (flag: string) => node.spawn("chattr", [flag, frozen], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const stuck = await node.run("apply", node.payload(set));
      await chattr("-i");
      assert.equal(stuck.code, 1);
      assert.match(stuck.why, /web\.crt could not be put back .*its copy is in \S+: repair that/);
      await node.run("apply", node.payload(set, { more: "consumer ghost systemd ghost\n" }));
      assert.ok(node.holds(old));
      const done = await node.run("apply", node.payload(set));
      assert.equal(done.code, 0, done.stderr);
      assert.ok(node.holds(set));
    });

    it("says of what was not there before that it could not be removed: there is no copy", async function () {
      const set = node.set();
      for (const path of [files.webCert, files.webKey]) rmSync(node.path(path));
      await node.run("apply", node.payload(set), { KUBE_PKI_KILL_AT: "swapped-2" });
      const chattr = (flag: string) => node.spawn("chattr", [flag, node.path(files.webCert)], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      const stuck = await node.run("apply", node.payload(set));
      await chattr("-i");
      assert.match(
        stuck.why,
        /^n1: \S+web\.crt, which was not there before, could not be removed \(.*immutable.*\): repair that, then run again$/,
      );
      assert.equal((await node.run("apply", node.payload(set))).code, 0);
    });

    describe("with its own folder full", () => {
      const OUTPUT = /^(?:[^\n]*\n)*\w+: [^\n]*make room [^\n]*\n$/;
      let state: string;
      const on = (script: string) => node.spawn("sh", ["-euc", script], "");
      beforeEach(async function () {
        await node.run("apply", node.payload(node.set()));
        state = node.path("/var/lib/kube-pki");
        const mounted = `mount -t tmpfs -o size=400k,nr_inodes=120,mode=700 none ${state}`;
        const made = await on(
          `cp -a ${state} ${state}.was; ${mounted}; cp -a ${state}.was/. ${state}/; mkdir ${state}/other`,
        );
        if (made.code !== 0) this.skip();
      });
      afterEach(() => node.spawn("umount", [state], ""));
      const left = (column: "avail" | "iavail"): string => `$(df -k --output=${column} ${state} | tail -n 1)`;
      const runs = [
        ["request", payload("request", "node n1\n")],
        ["check", payload("check", "node n1\n")],
      ] as const;

      it("says so in one sentence, however little is left there, and touches nothing", async () => {
        const old = node.live();
        for (const kib of [0, 4, 8, 32]) {
          await on(
            `rm -f ${state}/other/*; head -c $(((${left("avail")} - ${String(kib)}) * 1024)) /dev/zero >${state}/other/all`,
          );
          const { code, stderr } = await node.run("apply", node.payload(node.set()));
          assert.equal(code, 1, String(kib));
          assert.match(stderr, OUTPUT, `${String(kib)} KiB`);
          assert.deepEqual([stderr.split("\n").length, stderr.split("make room").length], [2, 2], stderr);
          assert.ok(node.holds(old));
        }
      });

      it("says so at the end where it takes no more files, whatever a tool has said", async () => {
        const old = node.live();
        for (const files of [0, 2, 4]) {
          await on(
            `rm -f ${state}/other/*; for i in $(seq $((${left("iavail")} - ${String(files)}))); do : >${state}/other/$i; done`,
          );
          for (const [verb, text] of [...runs, ["apply", node.payload(node.set())] as const]) {
            const { code, stderr } = await node.run(verb, text);
            if (code !== 0 || verb === "apply")
              assert.match(stderr, OUTPUT, `${verb}, ${String(files)} more: ${stderr}`);
            assert.ok(code !== 0 || files > 0, verb);
          }
          assert.ok(node.holds(old));
        }
      });
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

    for (const [what, text] of [
      ["what parts hold others", "print part, name"],
      ["which files are as sent", "print $2, $6"],
    ] as const)
      it(`speaks for a tool that finds no room for ${what}`, async () => {
        const fails = 'echo "awk: close failed on file /dev/stdout (No space left on device)" >&2; exit 2';
        node.tool("awk", `case $* in *'${text}'*) ${fails} ;; esac\nexec /usr/bin/awk "$@"`);
        const before = node.live();
        const failed = await node.run("apply", node.payload(node.set()));
        assert.equal(failed.stderr, "n1: this node has no room left to stage: make room in /var\n");
        assert.ok(node.holds(before));
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

    it("keeps the first backup, those with a CA's key, and five others", async () => {
      const key = "/etc/kubernetes/pki/ca.key";
      const more = (text: string) => `${part("cakey:kubernetes", text)}file ${key} 0600 root root cakey:kubernetes\n`;
      const kept = () => node.list("/var/lib/kube-pki/backup").filter((name) => !name.includes("/"));
      const changes = async (text = "") => {
        const done = await node.run("apply", node.payload(node.set(), { more: text }));
        assert.equal(done.code, 0, done.stderr);
        return kept().at(-1);
      };
      const first = await changes();
      for (let i = 0; i < 7; i++) node.write(`/var/lib/kube-pki/backup/2020010${String(i)}T000000Z-aaaaaaaa/list`, "");
      await changes(more(authority().key));
      const withKey = await changes(more(authority().key));
      const others = [];
      for (let i = 0; i < 5; i++) others.push(await changes());
      assert.deepEqual(kept(), [first, withKey, ...others]);
      assert.ok(node.has(`/var/lib/kube-pki/backup/${String(withKey)}/ca-key`));
    });

    it("keeps this run's backup where others are of a clock that was ahead", async () => {
      for (let i = 0; i < 5; i++) node.write(`/var/lib/kube-pki/backup/2038010${String(i)}T000000Z-aaaaaaaa/list`, "");
      await node.run("apply", node.payload(node.set()));
      const kept = node.list("/var/lib/kube-pki/backup").filter((name) => !name.includes("/"));
      assert.equal(kept.length, 1 + 5);
      assert.ok(kept.some((name) => !name.startsWith("2038")));
    });

    it("refuses to write an empty part over a key", async () => {
      const key = "/etc/kubernetes/pki/ca.key";
      node.write(key, "a key\n", 0o600);
      const more = `${part("cakey", "")}file ${key} 0600 root root cakey\n`;
      const refused = await node.run("apply", node.payload(node.set(), { more }));
      assert.match(refused.why, /payload line \d+: part cakey is empty/);
      assert.equal(node.read(key), "a key\n");
    });
  });
}
