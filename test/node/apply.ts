import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { Cluster, files } from "./cluster";
import { serialOf } from "./pki";
import { sum8 } from "./payload";

/** @param shell - what the script is run with */
export function applies(shell: string): void {
  describe(`node apply (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    it("replaces a set, reloads what reloads, restarts what must, proves both", async () => {
      const set = node.set();
      const sent = node.payload(set);
      const [web, store] = [node.pid("web"), node.pid("store")];
      const done = await node.run("apply", sent);
      assert.equal(done.code, 0, done.stderr);
      assert.equal(
        done.stdout,
        `file ${files.ca} unchanged
file ${files.webKey} replaced
file ${files.webCert} replaced
file ${files.storeKey} replaced
file ${files.storeCert} replaced
consumer store restarted
proof store restarted - - - yes
proof store health - - 127.0.0.1:${String(node.storePort)} yes
proof store served store ${serialOf(set.store.cert)} 127.0.0.1:${String(node.storePort)} yes
consumer web reloaded
proof web health - - 127.0.0.1:${String(node.webPort)} yes
proof web served web ${serialOf(set.web.cert)} 127.0.0.1:${String(node.webPort)} yes
proof web accepted web ${serialOf(set.web.cert)} 127.0.0.1:${String(node.webPort)} yes
done ${sum8(sent)} changed
`,
      );
      assert.ok(node.holds(set));
      assert.equal(node.pid("web"), web);
      assert.notEqual(node.pid("store"), store);
      assert.equal(statSync(node.path(files.webKey)).mode & 0o777, 0o600);
      assert.equal(statSync(node.path(files.webCert)).mode & 0o777, 0o644);
      assert.equal(node.list("/etc").filter((name) => name.includes("/.")).length, 0);
      assert.equal(node.has("/var/lib/kube-pki/tx"), false);
      assert.doesNotMatch(done.stdout + done.stderr, /PRIVATE|BEGIN/);
    });

    it("touches nothing the second time", async () => {
      const set = node.set();
      const sent = node.payload(set);
      assert.equal((await node.run("apply", sent)).code, 0);
      const watched = [...Object.values(files), "/var/lib/kube-pki/applied", "/var/lib/kube-pki/plan"];
      const stamps = watched.map((path) => node.stamp(path));
      const [restarts, backups] = [node.restarts("store"), node.list("/var/lib/kube-pki/backup")];
      const again = await node.run("apply", sent);
      assert.equal(again.code, 0, again.stderr);
      assert.doesNotMatch(again.stdout, /replaced|created|fixed|restarted|reloaded/);
      assert.match(again.stdout, /consumer store untouched[^]*consumer web untouched[^]*done \w{8} unchanged\n$/);
      assert.deepEqual(
        watched.map((path) => node.stamp(path)),
        stamps,
      );
      assert.equal(node.restarts("store"), restarts);
      assert.deepEqual(node.list("/var/lib/kube-pki/backup"), backups);
    });

    for (const [title, laid, how] of [
      ["leaves a service alone that began after its files, in the same second", "first", "untouched"],
      ["restarts a service that began before its files, in the same second", "last", "restarted"],
    ] as const)
      it(title, async () => {
        const drop = /^(served|accepted|health) store/; // nothing tells what it has read
        const set = node.set();
        const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
        // a machine may be too busy to do both in one second
        for (let tries = 0, second = 0; tries < 10 && second !== Math.floor(Date.now() / 1000); tries++) {
          await wait(1000 - (Date.now() % 1000));
          second = Math.floor(Date.now() / 1000);
          if (laid === "first") node.lay(set);
          await wait(100);
          await node.start("store");
          await wait(100);
          if (laid === "last") node.lay(set);
        }
        const done = await node.run("apply", node.payload(set, { drop }));
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`consumer store ${how}\n`));
      });
  });
}
