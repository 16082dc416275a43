import assert from "node:assert/strict";
import { points, untouched, kept } from "./killPoints";
import { TrustCluster } from "./trustCluster";

/** The logic is the same in every shell: the others get one point of each stage. */
const some = ["swapped-2", "restarted", "committed"];

/** The third file is the last: the seed. */
const here = points.filter((point) => point !== "swapped-4");

/** @param shell - what the script is run with */
export function isKilledWhileTrusting(shell: string): void {
  describe(`node killed in the middle of trust (${shell})`, function () {
    this.timeout(120_000);
    let at: TrustCluster;
    beforeEach(async () => {
      at = await TrustCluster.make(shell);
    });
    afterEach(() => {
      at.node.remove();
    });

    for (const point of shell === "dash" ? here : here.filter((name) => some.includes(name))) {
      it(`at ${point}: the next trust converges, from one whole set`, async () => {
        const before = at.live();
        const killed = await at.node.run("trust", at.payload(), { KUBE_PKI_KILL_AT: point });
        assert.notEqual(killed.code, 0);
        if (untouched.includes(point)) assert.equal(at.live(), before);

        // A payload that is refused after recovery shows the set recovery left: one whole set.
        const refused = await at.node.run("trust", at.payload(undefined, { more: "consumer ghost systemd ghost\n" }));
        assert.match(refused.why, /ghost does not exist/);
        assert.equal(at.live(), kept.includes(point) ? at.wanted() : before);

        const next = await at.node.run("trust", at.payload());
        assert.equal(next.code, 0, next.stderr);
        assert.equal(at.live(), at.wanted());
        assert.deepEqual(
          at.node.list("/etc").filter((name) => name.includes(".kube-pki.")),
          [],
        );
        assert.deepEqual(
          at.node.list("/var/lib/kube-pki").filter((name) => /^(run|tx)/.test(name)),
          [],
        );
      });
    }

    it("after the restarts: neither verb takes a service for proven that may have read what was put back", async () => {
      const { node } = at;
      const drop = /^served store/; // as with a CA that etcd trusts: nothing it serves tells which one it has read
      const applied = node.payload(node.live(), { drop });
      assert.equal((await node.run("apply", applied)).code, 0);
      const sum = node.read("/var/lib/kube-pki/applied").split("\n")[0] ?? "";
      await node.run("trust", at.payload(), { KUBE_PKI_KILL_AT: "proven" });
      const pid = node.pid("store");
      const again = await node.run("apply", applied);
      assert.equal(again.code, 0, again.stderr);
      assert.match(again.stdout, /consumer store restarted/);
      assert.notEqual(node.pid("store"), pid);
      // the doubt ends with it, and never was about what apply had put in place
      assert.match(node.read("/var/lib/kube-pki/applied"), new RegExp(`^${sum}\n`));
      assert.doesNotMatch(node.read("/var/lib/kube-pki/applied"), / none/);
    });

    it("after the restarts, then done: what apply had put in place still counts", async () => {
      const { node } = at;
      assert.equal((await node.run("apply", node.payload(node.live()))).code, 0);
      const sum = node.read("/var/lib/kube-pki/applied").split("\n")[0] ?? "";
      await node.run("trust", at.payload(), { KUBE_PKI_KILL_AT: "proven" });
      assert.equal((await node.run("trust", at.payload())).code, 0);
      assert.match(node.read("/var/lib/kube-pki/applied"), new RegExp(`^${sum}\ntrust [0-9a-f]{64}\nleaf `));
    });
  });
}
