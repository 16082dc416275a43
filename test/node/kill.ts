import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files } from "./cluster";
import { kept, points, untouched } from "./killPoints";
import { sum8 } from "./payload";

/** The logic is the same in every shell: the others get one point of each stage. */
const some = ["parsed", "swapped-2", "restarting", "committed"];

/** @param shell - what the script is run with */
export function isKilled(shell: string): void {
  describe(`node killed in the middle (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });

    for (const point of shell === "dash" ? points : points.filter((name) => some.includes(name))) {
      it(`at ${point}: the next apply converges, from one whole set`, async () => {
        const before = node.live();
        const wanted = node.set();
        const killed = await node.run("apply", node.payload(wanted), { KUBE_PKI_KILL_AT: point });
        assert.notEqual(killed.code, 0);
        if (untouched.includes(point)) assert.ok(node.holds(before));
        if (kept.includes(point)) assert.ok(node.holds(wanted));

        // A payload that is refused after recovery shows the set recovery left: one whole set.
        const refused = await node.run("apply", node.payload(wanted, { more: "consumer ghost systemd ghost\n" }));
        assert.match(refused.why, /ghost does not exist/);
        assert.ok(node.holds(kept.includes(point) ? wanted : before));

        const next = await node.run("apply", node.payload(wanted));
        assert.equal(next.code, 0, next.stderr);
        assert.ok(node.holds(wanted));
        assert.deepEqual(
          node.list("/etc").filter((name) => name.includes(".kube-pki.")),
          [],
        );
        assert.deepEqual(
          node.list("/var/lib/kube-pki").filter((name) => /^(run|tx)/.test(name)),
          [],
        );
        assert.match(next.stdout, /served store \w+ \S+ yes[^]*served web \w+ \S+ yes/);
      });
    }

    it("while it clears up after its commit: the new set stays", async () => {
      const wanted = node.set();
      // rm -r keeps no order: the marker may be gone while the rest is still there.
      node.tool(
        "rm",
        'case $* in "-rf "*/tx) /bin/rm -f "$2/committed"; kill -9 $PPID; exit 1 ;; esac\nexec /bin/rm "$@"',
      );
      assert.notEqual((await node.run("apply", node.payload(wanted))).code, 0);
      rmSync(join(node.tools, "rm"));
      const refused = await node.run("apply", node.payload(wanted, { more: "consumer ghost systemd ghost\n" }));
      assert.match(refused.why, /ghost does not exist/);
      assert.ok(node.holds(wanted));
    });

    it("by SIGTERM after its commit: it ends as committed", async () => {
      const sent = node.payload(node.set());
      node.tool("sync", 'case $* in *tx/committed*) kill -TERM $PPID ;; esac\nexec /bin/sync "$@"');
      const done = await node.run("apply", sent);
      assert.equal(done.code, 0, done.stderr);
      assert.match(node.read("/var/lib/kube-pki/applied"), new RegExp(`^sum ${sum8(sent)}`));
    });

    it("after its commit, on a disk with errors: its other half says that the new set is in place", async () => {
      const wanted = node.set();
      node.tool("rm", 'case $* in "-rf "*/tx) echo "rm: Input/output error" >&2; exit 1 ;; esac\nexec /bin/rm "$@"');
      const failed = await node.run("apply", node.payload(wanted), { KUBE_PKI_KILL_AT: "worker:committed" });
      assert.equal(failed.code, 1);
      assert.match(failed.why, /^node: the new set is in place and proven, but the script failed .*; run again$/);
      assert.ok(node.holds(wanted));
    });

    for (const [title, tool, pattern, code] of [
      ["while it keeps its records: it says that the set is the new one", "mv", "*/tx/applied", 1],
      ["while its other half clears up: it ends as committed", "rm", "*/run.*[0-9]", 0],
    ] as const)
      it(`by a disk with errors ${title}`, async () => {
        const wanted = node.set();
        const once = `[ ! -e ${node.path("/failed")} ] && : >${node.path("/failed")} && exit 1`;
        node.tool(
          tool,
          `case "$2" in ${pattern}) ${once} ;; esac\ncase "$1" in ${pattern}) ${once} ;; esac\nexec /bin/${tool} "$@"`,
        );
        const failed = await node.run("apply", node.payload(wanted));
        assert.equal(failed.code, code, failed.stderr);
        if (code !== 0) assert.match(failed.why, /^n1: the new set is in place and proven, .*: run again$/);
        assert.ok(node.has("/failed") && node.holds(wanted));
        const again = await node.run("apply", node.payload(wanted));
        assert.match(again.stdout, /done \w{8} unchanged\n$/);
      });

    for (const [title, what] of [
      ["of names that no rename came for", "*/kube-pki/*.new"],
      ["of the room that it had kept", "*/tx/reserve"],
      ["of the note of a restart", "*/tx/stopped.web"],
    ] as const)
      it(`on a disk that refuses a removal ${title}: the old set is put back all the same`, async () => {
        const before = node.live();
        node.tool("rm", `case $* in ${what}) echo "rm: Input/output error" >&2; exit 1 ;; esac\nexec /bin/rm "$@"`);
        const more = `before store web\nuse web restart ${files.storeCert}\n`;
        const killed = await node.run("apply", node.payload(node.set(), { more }), {
          KUBE_PKI_KILL_AT: "worker:restarting",
        });
        assert.match(killed.why, /the run was killed in the middle .* was undone \(4 put back\)$/);
        assert.ok(node.holds(before));
        assert.equal(node.has("/var/lib/kube-pki/tx"), false);
      });

    it("at the boot after it, on a disk that keeps what earlier runs have left: the old set is put back", async () => {
      const before = node.live();
      await node.run("apply", node.payload(node.set()), { KUBE_PKI_KILL_AT: "swapped-3" });
      node.tool("rm", 'case $* in */run.*) echo "rm: Input/output error" >&2; exit 1 ;; esac\nexec /bin/rm "$@"');
      const booted = await node.run("recover");
      assert.equal(booted.stdout, "recovered swapped\n", booted.stderr);
      assert.ok(node.holds(before));
    });

    it("while it puts back: the next one ends it", async () => {
      const before = node.live();
      const wanted = node.set();
      await node.run("apply", node.payload(wanted), { KUBE_PKI_KILL_AT: "swapped-3" });
      await node.run("apply", node.payload(wanted), { KUBE_PKI_KILL_AT: "put-back-1" });
      await node.run("apply", node.payload(wanted, { more: "consumer ghost systemd ghost\n" }));
      assert.ok(node.holds(before));
    });

    it("after the restarts, then undone: nobody keeps the newer set in memory", async () => {
      // As with a CA that etcd trusts: nothing it serves tells which one it has read.
      const drop = /^served store/;
      const old = node.set();
      const sent = node.payload(old, { drop }); // once: the same sum both times
      assert.equal((await node.run("apply", sent)).code, 0);
      await node.run("apply", node.payload(node.set(), { drop }), { KUBE_PKI_KILL_AT: "proven" });
      const pid = node.pid("store");
      const undone = await node.run("apply", sent);
      assert.equal(undone.code, 0, undone.stderr);
      assert.ok(node.holds(old));
      assert.match(undone.stdout, /consumer store restarted/);
      assert.notEqual(node.pid("store"), pid);
    });
  });
}
