import assert from "node:assert/strict";
import { existsSync, lstatSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { part, payload } from "./payload";
import { authority, leaf } from "./pki";
import { Scratch, type Result } from "./scratch";

const FOLDER = "/var/lib/kubelet/pki";
const CURRENT = `${FOLDER}/kubelet-server-current.pem`;
const DATED = "kubelet-server-2026-11-30-04-41-47.pem";
const RESTARTED = /^consumer kubelet restarted\nproof kubelet restarted - - - yes\n/;

const [old, stays, foreign] = [authority(), authority(), authority()];

/** @param shell - what the script is run with */
export function renewsServing(shell: string): void {
  describe(`node has its kubelet ask for a serving certificate (${shell})`, function () {
    this.timeout(60_000);
    let node: Scratch;

    beforeEach(() => {
      node = new Scratch(shell);
    });
    afterEach(() => {
      node.remove();
    });

    const serves = (ca: typeof old): void => {
      const pair = leaf(ca, "system:node:n1");
      node.write(`${FOLDER}/${DATED}`, pair.cert + pair.key, 0o600);
      symlinkSync(DATED, node.path(CURRENT));
    };
    /** A kubelet that does this at its start; the first start does not count. */
    const kubelet = async (atStart: string): Promise<void> => {
      node.tool("fake-kubelet", `: >"${node.path("/units/kubelet/listening")}"\nexec sleep 600`);
      node.write("/units/kubelet/command", node.path("/tools/fake-kubelet"));
      await node.start("kubelet");
      node.tool("fake-kubelet", `${atStart}\n: >"${node.path("/units/kubelet/listening")}"\nexec sleep 600`);
    };
    /** Told by the kubelet's own start: what it finds there. */
    const SEES = () => `ls "${node.path(FOLDER)}" >"${node.path("/seen")}"`;
    const ask = (lines = "consumer kubelet systemd kubelet\n", limits = "BACK=3"): Promise<Result> =>
      node.run(
        "check",
        payload(
          "check",
          `node n1\n${part("ca:kubernetes", stays.cert)}${part("old:kubernetes", old.cert)}serving renew\n${lines}`,
        ),
        { KUBE_PKI_LIMITS: limits },
      );
    const restarts = () => node.restarts("kubelet") - 1;
    const isThere = (path: string) => lstatSync(node.path(path), { throwIfNoEntry: false }) !== undefined;

    it("by a start without the one that a CA which goes has signed, whose file stays", async () => {
      serves(old);
      await kubelet(SEES());
      const done = await ask();
      assert.equal(done.code, 0, done.stderr);
      assert.match(done.stdout, RESTARTED);
      assert.doesNotMatch(node.read("/seen"), /^kubelet-server-current\.pem$/m);
      assert.match(node.read("/seen"), new RegExp(`^${DATED}$`, "m"));
      assert.deepEqual([restarts(), isThere(CURRENT), isThere(`${CURRENT}.kube-pki`)], [1, false, false]);
      // it waits for its approval: nothing more is done
      assert.match((await ask()).stdout, /^done/);
      assert.equal(restarts(), 1);
    });

    it("never where the one it has is of the CA that stays, of none, or where it has none", async () => {
      await kubelet("");
      for (const ca of [stays, foreign]) {
        serves(ca);
        assert.match((await ask()).stdout, /^done/);
        assert.ok(isThere(CURRENT));
        rmSync(node.path(CURRENT));
      }
      node.write(`${FOLDER}/kubelet.crt`, leaf(foreign, "n1").cert);
      assert.match((await ask()).stdout, /^done/);
      serves(old);
      assert.match((await ask("")).stdout, /^done/); // no kubelet is named
      assert.deepEqual([restarts(), isThere(CURRENT)], [0, true]);
    });

    it("goes on where a run was killed before the restart", async () => {
      serves(old);
      await kubelet("");
      renameSync(node.path(CURRENT), node.path(`${CURRENT}.kube-pki`));
      assert.match((await ask()).stdout, RESTARTED);
      assert.deepEqual([restarts(), isThere(`${CURRENT}.kube-pki`)], [1, false]);
    });

    it("and has it back where the kubelet does not start", async () => {
      serves(old);
      await kubelet("exit 1");
      const failed = await ask();
      assert.equal(failed.code, 1);
      assert.match(failed.why, /kubelet.*: look at the kubelet before you run again$/);
      assert.ok(existsSync(node.path(CURRENT)));
      assert.ok(!isThere(`${CURRENT}.kube-pki`));
    });
  });
}
