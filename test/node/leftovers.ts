import assert from "node:assert/strict";
import { truncateSync } from "node:fs";
import { Cluster, files } from "./cluster";
import { aclFor, attach, attached, NOBODY } from "./rights";
import type { Result } from "./scratch";

/** What the storm has found (test/node/storm), each by itself. @param shell - what the script is run with */
export function clearsUp(shell: string): void {
  describe(`node clears up after a killed run (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell, { running: false });
      node.lay(node.set());
    });
    afterEach(() => {
      node.remove();
    });
    const cut = (point: string): Promise<Result> =>
      node.run("apply", node.payload(node.set(), { start: "bare" }), { KUBE_PKI_KILL_AT: point });

    it("with ACL and attributes, also where those cannot be kept by a link", async () => {
      node.tool("cp", 'exec /bin/cp "$@"'); // busybox knows none of them
      node.tool("ln", 'case "$1" in -s*) exec /bin/ln "$@" ;; esac\necho "ln: Operation not supported" >&2\nexit 1');
      attach(node, files.webKey, { "user.note": Buffer.from("x"), "system.posix_acl_access": aclFor(NOBODY) });
      const had = attached(node, files.webKey);
      await cut("swapped-2");
      assert.equal((await node.run("recover")).code, 0);
      assert.match(had, /user\.note=x/);
      assert.equal(attached(node, files.webKey), had);
    });

    it("guesses nothing from a journal that is damaged", async () => {
      await cut("swapped-2");
      const [journal, left] = ["/var/lib/kube-pki/tx/journal", node.live()];
      for (const size of [node.read(journal).length - 5, 120, 3, 0]) {
        truncateSync(node.path(journal), size);
        const refused = await node.run("recover");
        assert.equal(refused.code, 1, refused.stdout);
        assert.match(
          refused.why,
          /^node: what an interrupted run has replaced is not known .*put back by hand what 'list'/,
        );
        assert.ok(node.holds(left));
      }
    });

    it("says what stands in its way where a folder was closed since", async function () {
      await cut("staged");
      const folder = files.webKey.replace(/\/[^/]+$/, "");
      const left = node.list(folder).filter((name) => name.endsWith(".new"));
      assert.notDeepEqual(left, []);
      const chattr = (flag: string) => node.spawn("chattr", [flag, node.path(folder)], "");
      assert.equal((await chattr("+i")).code, 0);
      const refused = await node.run("apply", node.payload(node.set(), { start: "bare" }));
      await chattr("-i");
      assert.equal(refused.code, 1, refused.stdout);
      assert.match(
        refused.why,
        /^n1: \S+\.new cannot be removed, which a killed run has left: it or its folder is immutable, which 'chattr -i' ends/,
      );
      assert.equal((await node.run("apply", node.payload(node.set(), { start: "bare" }))).code, 0);
    });

    it("clears up what a run has not renamed", async () => {
      node.write("/var/lib/kube-pki/plan.new", "half");
      await node.run("recover");
      assert.equal(node.has("/var/lib/kube-pki/plan.new"), false);
    });
  });
}
