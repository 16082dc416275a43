import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { Cluster } from "./cluster";

/** @param shell - what the script is run with */
export function looksAgain(shell: string): void {
  describe(`node looks again after a while (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });
    const LIMITS = "STABLE=8 RELOAD=3 HEALTH=3 BACK=5";

    for (const [title, first, why] of [
      [
        "ends seconds after a good answer",
        "timeout 4",
        /store ended again within 8 s of its restart: the old set was put back, look at store before/,
      ],
      ["gets sick", "", /store answers 500 .*: the old set was put back, look at store/],
    ] as const)
      it(`does not take a service for good that ${title}`, async () => {
        const old = node.live();
        const command = node.read("/units/store/command");
        const sick = node.path("/units/store/sick");
        const gone = node.path("/units/store/once");
        // the first start with the new set only
        const flaw = first === "" ? `(sleep 5; touch ${sick}) & exec` : `exec ${first}`;
        node.write(
          "/units/store/command",
          `sh -c "[ -e ${gone} ] || { touch ${gone}; ${flaw} ${command}; }; rm -f ${sick}; exec ${command}"`,
        );
        const failed = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: LIMITS });
        assert.equal(failed.code, 1, failed.stdout);
        assert.match(failed.why, why);
        assert.ok(node.holds(old));
      });

    for (const [title, others, how] of [
      ["starts a service that fails and starts over, though its files are as they were", [1, 2], "restarted"],
      ["leaves one alone that is the same a moment later", [1, 1], "untouched"],
    ] as const)
      it(title, async () => {
        const set = node.set();
        const payload = node.payload(set);
        assert.equal((await node.run("apply", payload, { KUBE_PKI_LIMITS: "STABLE=1" })).code, 0);
        const starts = [1, 2].map(() => spawn("sleep", ["60"]));
        const pids = others.map((which) => `${String(starts[which - 1]?.pid)}\n`).join("");
        node.write("/units/store/pids", pids);
        const done = await node.run("apply", payload, { KUBE_PKI_LIMITS: "STABLE=1" });
        for (const start of starts) start.kill();
        assert.equal(done.code, 0, done.stderr);
        assert.match(done.stdout, new RegExp(`^consumer store ${how}$`, "m"));
      });

    it("waits once for all that it has restarted, and not where it has restarted nothing", async () => {
      const set = node.set();
      const more = "use web restart /etc/kubernetes/pki/web.crt\n";
      const began = Date.now();
      const done = await node.run("apply", node.payload(set, { more }), { KUBE_PKI_LIMITS: LIMITS });
      const took = Date.now() - began;
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, /consumer store restarted[^]*consumer web restarted/);
      assert.ok(took > 8000, String(took));
      const again = Date.now();
      assert.equal((await node.run("apply", node.payload(set, { more }), { KUBE_PKI_LIMITS: "STABLE=60" })).code, 0);
      assert.ok(Date.now() - again < 30_000);
    });
  });
}
