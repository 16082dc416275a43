import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Cluster, files, type Set } from "./cluster";
import { renames } from "./killPoints";
import { part, payload } from "./payload";
import { authority, leaf } from "./pki";
import { MANIFEST, PodCluster } from "./pods";
import type { Result } from "./scratch";

const ghost = { more: "consumer ghost systemd ghost\n" };

/** What lies beside live files during a transaction. */
export const beside = (node: Cluster): string[] => node.list("/etc").filter((name) => name.includes(".kube-pki."));

/** The leafs of both services as somebody makes them by hand, whatever the CA. */
function layByHand(node: Cluster): Set {
  const byHand = { ca: node.ca, web: leaf(node.ca, "web"), store: leaf(node.ca, "store") };
  node.lay(byHand);
  return byHand;
}

/** @param shell - what the script is run with */
export function recovers(shell: string): void {
  describe(`node recovers by itself (${shell})`, function () {
    this.timeout(120_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell);
    });
    afterEach(() => {
      node.remove();
    });
    const cut = (point: string, set = node.set(), options = {}): Promise<Result> =>
      node.run("apply", node.payload(set, options), { KUBE_PKI_KILL_AT: point });
    const runs = async (unit: string): Promise<boolean> =>
      (await node.spawn(join(node.tools, "systemctl"), ["is-active", unit], "")).code === 0;

    for (const point of shell === "dash" ? renames : (["swapped-3"] as const))
      it(`at the boot after a power cut at ${point}, and after one at every rename of that`, async () => {
        const before = node.live();
        // another CA beside it, so that all five files are replaced
        await cut(point, node.set({ ...node.ca, cert: node.ca.cert + authority().cert }));
        assert.ok(!node.holds(before));
        for (let step = renames.indexOf(point); step >= 0; step--) {
          const again = await node.run("recover", "", { KUBE_PKI_KILL_AT: "put-back-1" });
          assert.notEqual(again.code, 0);
          assert.equal(node.holds(before), step === 0);
        }
        const done = await node.run("recover");
        assert.equal(done.code, 0, done.stderr);
        assert.equal(done.stdout, "recovered swapped\n");
        assert.ok(node.holds(before));
        assert.deepEqual(beside(node), []);
        assert.equal(node.has("/var/lib/kube-pki/tx"), false);
        await node.startAll("web", "store");
        assert.equal((await node.run("recover")).stdout, "recovered nothing\n");
      });

    it("tells what it did once more in the next run, which then proves everything anew", async () => {
      const set = node.set();
      assert.equal((await node.run("apply", node.payload(set))).code, 0);
      await cut("swapped-3");
      await node.run("recover");
      const told = await node.run("apply", node.payload(set));
      assert.equal(told.code, 0, told.stderr);
      assert.match(
        told.stderr,
        /^n1: at a boot since the last run: an earlier run, which was interrupted, was undone \(3 put back\)$/m,
      );
      assert.match(node.read("/var/lib/kube-pki/applied"), /^sum \w{64}$/m);
      assert.doesNotMatch((await node.run("apply", node.payload(set))).stderr, /since the last run/);
    });

    it("where the file system has no hard links", async () => {
      node.tool("ln", 'case "$1" in -s*) exec /bin/ln "$@" ;; esac\necho "ln: Operation not supported" >&2\nexit 1');
      const before = node.live();
      await cut("swapped-2");
      assert.equal((await node.run("recover")).code, 0);
      assert.ok(node.holds(before));
      const set = node.set();
      const bad = node.set();
      assert.equal((await node.run("apply", node.payload(set))).code, 0);
      node.write("/units/store/refuses", bad.store.cert);
      assert.match((await node.run("apply", node.payload(bad))).why, /the old set was put back/);
      assert.ok(node.holds(set));
    });

    it("keeps what was made by hand since, and names it", async () => {
      await cut("swapped-4");
      const byHand = layByHand(node);
      const refused = await node.run("apply", node.payload(node.set(), ghost));
      assert.ok(node.holds(byHand));
      assert.match(
        refused.stderr,
        /web\.key stays as it is: .*somebody else since; what it was before is \S+\/backup\/\S+\n/,
      );
      assert.doesNotMatch(refused.stderr, /nothing was touched/);
      assert.match(
        refused.why,
        /ghost does not exist; nothing else was touched .*; first an earlier run, which was interrupted, was undone \(0 put back; kept, as somebody else has changed it since: .*web\.key.*store\.crt\)$/,
      );
    });

    it("puts the rest back where only some was made by hand", async () => {
      const before = node.live();
      await cut("swapped-4");
      const hand = leaf(node.ca, "web");
      node.write(files.webCert, hand.cert);
      node.write(files.webKey, hand.key, 0o600);
      await node.run("recover");
      assert.ok(node.holds({ ...before, web: hand }));
    });

    it("keeps the files of a machine that was joined by hand since", async () => {
      const bare = await Cluster.make(shell, { running: false });
      try {
        const killed = bare.payload(bare.set(), { start: "bare" });
        await bare.run("apply", killed, { KUBE_PKI_KILL_AT: "swapped-5" });
        const joined = layByHand(bare); // with the very ca.crt of the cluster
        await bare.run("recover");
        assert.ok(bare.holds(joined));
      } finally {
        bare.remove();
      }
    });

    it("takes away what it had created", async () => {
      const bare = await Cluster.make(shell, { running: false });
      try {
        await bare.run("apply", bare.payload(bare.set(), { start: "bare" }), { KUBE_PKI_KILL_AT: "swapped-3" });
        await bare.run("recover");
        assert.deepEqual(bare.list("/etc"), []);
      } finally {
        bare.remove();
      }
    });

    it("knows a manifest that it has changed once more for a restart", async () => {
      const manifest = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: store\nspec:\n  containers:\n  - name: store\n";
      const pods = await PodCluster.make(shell, { manifest });
      try {
        const body = pods
          .body(pods.set(), { more: `${part("pod", `${manifest}# anew`)}file ${MANIFEST} 0600 root root pod\n` })
          .replace("consumer store systemd store", "consumer store static-pod store");
        const end = pods.kubelet(async () => {
          await pods.pod("stop");
          await pods.pod("start");
        });
        const killed = await pods.run("apply", payload("apply", body), { KUBE_PKI_KILL_AT: "restarted" });
        await end();
        assert.notEqual(killed.code, 0);
        assert.match(pods.read(MANIFEST), /kube-pki\/restarted[^]*# anew/);
        await pods.run("recover");
        assert.equal(pods.read(MANIFEST), manifest);
      } finally {
        pods.remove();
      }
    });

    it("puts back what the killed worker of a run has left, at once", async () => {
      const before = node.live();
      const killed = await cut("worker:swapped-2");
      assert.equal(killed.code, 1);
      assert.match(
        killed.why,
        /the run was killed in the middle .*: run again; first an earlier run, .* was undone \(2 put back\)$/,
      );
      assert.ok(node.holds(before));
      assert.equal(node.has("/var/lib/kube-pki/tx"), false);
    });

    for (const how of ["the other half", "the boot"] as const)
      it(`starts what was stopped for the restart of another: ${how}`, async () => {
        const more = `before store web\nuse web restart ${files.storeCert}\n`;
        await cut(how === "the boot" ? "restarting" : "worker:restarting", node.set(), { more });
        if (how === "the boot") {
          assert.equal(await runs("web"), false);
          await node.run("recover");
        }
        assert.ok(await runs("web"));
        assert.ok(await runs("store"));
      });

    it("names all that cannot be put back, and starts the services all the same", async function () {
      const frozen = [node.path(files.webCert), node.path(files.storeCert)];
      const chattr = (flag: string) => node.spawn("chattr", [flag, ...frozen], "");
      if ((await chattr("+i")).code !== 0) return this.skip();
      await chattr("-i");
      const old = node.live();
      const stub = join(__dirname, "stub", "systemctl");
      node.tool("systemctl", `case $* in restart*store) chattr +i ${frozen.join(" ")} ;; esac\n. ${stub}`);
      node.write("/units/store/sick", "");
      const failed = await node.run("apply", node.payload(node.set()), { KUBE_PKI_LIMITS: "HEALTH=2 RELOAD=2" });
      await chattr("-i");
      assert.match(
        failed.why,
        /: the old set could not be put back whole, .*; \S+web\.crt could not be put back \(it or its folder is immutable.*\), \S+store\.crt could not be put back \(it or its folder is immutable.*\), its copy is in /,
      );
      assert.equal(node.restarts("store"), 3); // the test's own start, with the new set, with what is there
      assert.equal((await node.run("recover")).code, 0);
      assert.ok(node.holds(old));
    });
  });

  describe(`node is prepared for a boot (${shell})`, function () {
    this.timeout(60_000);
    let node: Cluster;
    beforeEach(async () => {
      node = await Cluster.make(shell, { running: false });
    });
    afterEach(() => {
      node.remove();
    });
    const unit = "/etc/systemd/system/kube-pki-recover.service";
    const place = () => node.run("place");

    it("by a unit that runs before all services of the cluster", async () => {
      mkdirSync(node.path("/run/systemd/system"), { recursive: true });
      assert.equal((await place()).code, 0);
      const text = node.read(unit);
      for (const service of ["kubelet", "etcd", "kube-apiserver"])
        assert.match(text, new RegExp(`^Before=.*\\b${service}\\.service`, "m"));
      assert.match(text, /^ConditionPathExists=\/var\/lib\/kube-pki\/tx\/journal$/m);
      assert.match(text, /^ExecStart=\/bin\/sh \/var\/lib\/kube-pki\/node\.sh recover$/m);
      assert.equal(node.read("/etc/systemd/system/sysinit.target.wants/kube-pki-recover.service"), text);
      const stamp = node.stamp(unit);
      await place();
      assert.equal(node.stamp(unit), stamp);
    });

    it("also where somebody has removed that unit since: the next run puts it there again, and says so", async () => {
      const running = await Cluster.make(shell);
      try {
        mkdirSync(running.path("/run/systemd/system"), { recursive: true });
        const set = running.set();
        for (const spoil of [
          () => undefined,
          () => {
            running.write(unit, "[Unit]\n");
          },
        ]) {
          spoil();
          const done = await running.run("apply", running.payload(set));
          assert.equal(done.code, 0, done.stderr);
          assert.match(
            done.stderr,
            /n1: \S+kube-pki-recover\.service was not there as the install step had put it, and is again\n/,
          );
          assert.match(running.read(unit), /^ExecStart=/m);
        }
        assert.doesNotMatch((await running.run("apply", running.payload(set))).stderr, /was not there/);
      } finally {
        running.remove();
      }
    });

    it("and says so where there is no systemd", async () => {
      const placed = await place();
      assert.equal(placed.code, 0);
      assert.match(
        placed.stderr,
        /this node has no systemd: what a power cut leaves half replaced is put back by the next run/,
      );
      assert.equal(node.has(unit), false);
    });

    it("and goes on where the unit cannot be put there", async () => {
      mkdirSync(node.path("/run/systemd/system"), { recursive: true });
      node.write("/etc/systemd", "no folder");
      const placed = await place();
      assert.equal(placed.code, 0);
      assert.match(placed.stderr, /kube-pki-recover\.service cannot be put there: .*; what a power cut leaves/);
    });
  });
}
